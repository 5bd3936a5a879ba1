/**
 * The MCP server of one request: tools, resources, and the tasks extension, which the SDK does not have. It uses the SDK's low-level
 * server, because the high-level one turns the error "missing capability" into the result of a tool.
 */
import {
  CLIENT_CAPABILITIES_META_KEY,
  CLIENT_INFO_META_KEY,
  type CallToolResult,
  ProtocolError,
  ResourceNotFoundError,
  Server,
  type ServerContext,
  type Tool,
} from '@modelcontextprotocol/server';
import { z } from 'zod';
import {
  type Caller,
  type McpRequest,
  type McpResources,
  type ServedTool,
  type Task,
  type Tasks,
  ToolError,
  UnknownTask,
} from './tool.ts';

export const TASKS = 'io.modelcontextprotocol/tasks';

export interface McpParts {
  name: string;
  version: string;
  instructions?: string;
  tools: ServedTool[];
  tasks: Tasks;
  resources?: McpResources;
  /** The message for an error that is neither a ToolError nor a ProtocolError. Undefined for a fault of the service. */
  explain: (error: unknown) => string | undefined;
  /** Called with every fault of the service. */
  onFault: (error: unknown) => void;
}

export function buildServer(parts: McpParts, era: 'legacy' | 'modern', caller: Caller): Server {
  const { name, version, instructions, tools, tasks, resources } = parts;
  const isModern = era === 'modern';
  const server = new Server(
    { name, version },
    {
      capabilities: {
        tools: {},
        // There are no sessions, so an older client cannot be notified between its requests.
        ...(resources && { resources: isModern ? { subscribe: true } : {} }),
        ...(isModern && { extensions: { [TASKS]: {} } }),
      },
      ...(instructions !== undefined && { instructions }),
    },
  );

  server.setRequestHandler('tools/list', () => ({ tools: tools.map(describe) }));
  server.setRequestHandler('tools/call', async ({ params }, ctx) => {
    const tool = tools.find((each) => each.name === params.name);
    if (!tool) throw new ProtocolError(INVALID_PARAMS, `There is no tool ${params.name}.`);
    const input = await tool.input.safeParseAsync(params.arguments ?? {});
    if (!input.success) return failed(`Invalid arguments: ${inWords(input.error)}`);
    try {
      const request = requestOf(caller, ctx);
      if (request.cancelled_after_ms !== undefined) {
        const isTaken = await tool.cancelled?.(input.data, request);
        return text(isTaken ? 'Cancelled, unless it had ended.' : 'Nothing was cancelled.');
      }
      const answer = await tool.call(input.data, request);
      return isTask(answer)
        ? ({ resultType: 'task', ...answer.task } as unknown as CallToolResult)
        : answer;
    } catch (error) {
      const told = toldOf(parts, error);
      if (told instanceof ToolError) return failed(told.message);
      throw told;
    }
  });
  if (resources) serveResources(resources);
  if (isModern) serveTasks();
  return server;

  function serveTasks() {
    const on = (
      method: string,
      act: (taskId: string, request: McpRequest, ctx: ServerContext) => Promise<object>,
    ) =>
      server.setRequestHandler(
        method,
        { params: z.looseObject({ taskId: z.string() }), result: z.looseObject({}) },
        async ({ taskId }, ctx) => {
          const request = requestOf(caller, ctx);
          needTasks(request);
          try {
            return { ...(await act(taskId, request, ctx)) };
          } catch (error) {
            throw protocolErrorOf(parts, error);
          }
        },
      );
    on('tasks/get', (taskId, request) => tasks.get(taskId, request));
    on('tasks/cancel', async (taskId, request) => {
      await tasks.cancel(taskId, request);
      return {};
    });
    on('tasks/update', async (taskId, request) => {
      // The SDK moves the answers from the params to the request.
      await tasks.update(taskId, request.inputResponses ?? {}, request);
      return {};
    });
  }

  function serveResources({ templates, list, read }: McpResources) {
    server.setRequestHandler('resources/list', ({ params }, ctx) =>
      list(requestOf(caller, ctx), params?.cursor).catch(rejectAsProtocol),
    );
    server.setRequestHandler('resources/templates/list', () => ({ resourceTemplates: templates }));
    server.setRequestHandler('resources/read', async ({ params: { uri } }, ctx) => {
      const found = await read(uri, requestOf(caller, ctx)).catch(rejectAsProtocol);
      if (!found) throw new ResourceNotFoundError(uri);
      return { contents: [{ uri, ...found }] };
    });
  }

  function rejectAsProtocol(error: unknown): never {
    throw protocolErrorOf(parts, error);
  }
}

type ErrorParts = Pick<McpParts, 'explain' | 'onFault'>;

/** The error response to a request that is not the call of a tool, so that no model reads its result. */
export function protocolErrorOf(parts: ErrorParts, error: unknown): ProtocolError {
  if (error instanceof UnknownTask) return new ProtocolError(INVALID_PARAMS, error.message);
  const told = toldOf(parts, error);
  return told instanceof ToolError ? new ProtocolError(INTERNAL, told.message) : told;
}

/** The error that the client gets. The details of a fault of the service are logged and not shown. */
function toldOf({ explain, onFault }: ErrorParts, error: unknown): ToolError | ProtocolError {
  if (error instanceof ToolError || error instanceof ProtocolError) return error;
  const words = explain(error);
  if (words !== undefined) return new ToolError(words);
  onFault(error);
  return new ProtocolError(
    INTERNAL,
    'Something went wrong on our side. The error has been logged.',
  );
}

const INVALID_PARAMS = -32602;
export const INTERNAL = -32603;
const MISSING_CAPABILITY = -32021;

/** @throws ProtocolError that names the missing capability */
export function needTasks({ tasks }: Pick<McpRequest, 'tasks'>): void {
  if (tasks) return;
  throw new ProtocolError(MISSING_CAPABILITY, 'Missing required client capability', {
    requiredCapabilities: { extensions: { [TASKS]: {} } },
  });
}

function requestOf(caller: Caller, { mcpReq }: ServerContext): McpRequest {
  const { envelope, _meta = {}, signal, notify, inputResponses } = mcpReq;
  const { progressToken, ...meta } = _meta as Record<string, unknown> & {
    progressToken?: string | number;
  };
  const state = mcpReq.requestState?.();
  let progress = 0;
  return {
    ...caller,
    ...(caller.program !== undefined && { client: caller.program }),
    ...clientOf(envelope),
    meta,
    signal,
    ...(inputResponses && { inputResponses }),
    ...(typeof state === 'string' && { requestState: state }),
    ...(progressToken !== undefined && {
      progress: (message) =>
        notify({
          method: 'notifications/progress',
          params: { progressToken, progress: ++progress, message },
        }),
    }),
  };
}

/** The client's name and capabilities, from the request. Requests before protocol 2026-07-28 have neither. */
export function clientOf(
  envelope: Record<string, unknown> | undefined,
): Pick<McpRequest, 'tasks' | 'elicits' | 'client'> {
  const { data = {} } = clientEnvelope.safeParse(envelope ?? {});
  const capabilities = data[CLIENT_CAPABILITIES_META_KEY] ?? {};
  const client = data[CLIENT_INFO_META_KEY]?.name;
  return {
    tasks: capabilities.extensions?.[TASKS] !== undefined,
    elicits: capabilities.elicitation !== undefined,
    ...(client !== undefined && { client }),
  };
}

const clientEnvelope = z.object({
  [CLIENT_CAPABILITIES_META_KEY]: z
    .looseObject({
      extensions: z.record(z.string(), z.unknown()).optional(),
      elicitation: z.unknown().optional(),
    })
    .optional(),
  [CLIENT_INFO_META_KEY]: z.looseObject({ name: z.string() }).optional(),
});

const isTask = (answer: object): answer is { task: Task } => 'task' in answer;

export const text = (...texts: string[]): CallToolResult => ({
  content: texts.map((each) => ({ type: 'text', text: each })),
});

const failed = (message: string): CallToolResult => ({ ...text(message), isError: true });

function describe(tool: ServedTool) {
  const { name, title, description, input, annotations, isLoadedAtOnce } = tool;
  const { $schema, ...schema } = tool.schema ?? z.toJSONSchema(input, { io: 'input' });
  return {
    name,
    ...(title !== undefined && { title }),
    description,
    inputSchema: { ...schema, type: 'object' } as Tool['inputSchema'],
    ...(annotations && { annotations }),
    ...(isLoadedAtOnce && { _meta: { 'anthropic/alwaysLoad': true } }),
  };
}

const inWords = ({ issues }: z.ZodError) =>
  issues.map(({ path, message }) => `${path.join('.') || 'arguments'}: ${message}`).join('; ');
