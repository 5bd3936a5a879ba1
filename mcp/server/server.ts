/**
 * One request's MCP server: tools, resources, and the tasks extension, which the SDK does not have. It is the low-level server of the
 * SDK, because the high-level one turns the error "missing capability" into the result of a tool.
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
  /** What a client is told of an error that is neither a ToolError nor a ProtocolError. Undefined: it is our own fault. */
  explain: (error: unknown) => string | undefined;
  /** Called with every failure that is our own fault. */
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
        // Stateless: without a session, an older client cannot be sent anything between its requests.
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
      const answer = await tool.call(input.data, requestOf(caller, ctx));
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
      // The SDK has lifted the answers out of the params.
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

/** For a request that has no result in which a model could read what went wrong. */
export function protocolErrorOf(parts: ErrorParts, error: unknown): ProtocolError {
  if (error instanceof UnknownTask) return new ProtocolError(INVALID_PARAMS, error.message);
  const told = toldOf(parts, error);
  return told instanceof ToolError ? new ProtocolError(INTERNAL, told.message) : told;
}

/** The details of a fault of our own are logged and not shown. */
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

/** What a request says of its client. Before 2026-07-28 no request says anything. */
export function clientOf(
  envelope: Record<string, unknown> | undefined,
): Pick<McpRequest, 'tasks' | 'elicits' | 'client'> {
  const parsed = clientSays.safeParse(envelope ?? {});
  const says = parsed.success ? parsed.data : {};
  const capabilities = says[CLIENT_CAPABILITIES_META_KEY] ?? {};
  const client = says[CLIENT_INFO_META_KEY]?.name;
  return {
    tasks: capabilities.extensions?.[TASKS] !== undefined,
    elicits: capabilities.elicitation !== undefined,
    ...(client !== undefined && { client }),
  };
}

const clientSays = z.object({
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
