/**
 * An MCP server of a chaos run, with tools that look at nothing that was done before: if a call reaches it twice, its ledger has
 * two runs. Arguments: `stdio` or a port, name, ledger. Over HTTP its tasks outlive it: the ledger says where they stopped.
 */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { toNodeHandler } from '@modelcontextprotocol/node';
import {
  createMcpHandler,
  ProtocolError,
  Server,
  type ServerContext,
  type Tool,
} from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { z } from 'zod';
import { linesIn, noteIn, type UpstreamNote } from './upstream-ledger.ts';
import { isRepeatable, UPSTREAM_TOOLS } from './upstream-tools.ts';

const [where = 'stdio', name = '', ledger = ''] = process.argv.slice(2);
const TASKS = 'io.modelcontextprotocol/tasks';
const note = (line: UpstreamNote) => noteIn(ledger, name, line);

const input = z.object({
  key: z.string(),
  count: z.int().min(1).max(100),
  pause_ms: z.int().min(0).max(60_000),
});

interface Work extends z.infer<typeof input> {
  tool: string;
  run: string;
  signal: AbortSignal;
  /** Done before. */
  from?: number;
  tell(step: number): Promise<void> | void;
}

/** @returns undefined if it was stopped */
async function work({ tool, key, run, count, pause_ms, signal, from = 0, tell }: Work) {
  const facts = { tool, key, run };
  try {
    for (let step = from + 1; step <= count; step += 1) {
      await sleep(pause_ms, undefined, { signal });
      note({ ...facts, does: 'step', step });
      await tell(step);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    note({ ...facts, does: 'stopped' });
    return undefined;
  }
  note({ ...facts, does: 'done' });
  return resultOf(run);
}

const resultOf = (run: string) => ({
  content: [{ type: 'text' as const, text: `done by ${run}` }],
});

interface Task {
  status: 'working' | 'completed' | 'cancelled';
  step: number;
  result?: object | undefined;
  abort: AbortController;
}
const tasks = new Map<string, Task>();

/** The run is the task's id. */
function goOn(work_: Omit<Work, 'signal' | 'tell'>): void {
  const abort = new AbortController();
  const task: Task = { status: 'working', step: work_.from ?? 0, abort };
  tasks.set(work_.run, task);
  const tell = (step: number) => void (task.step = step);
  void work({ ...work_, signal: abort.signal, tell }).then((result) => {
    Object.assign(task, { status: result ? 'completed' : 'cancelled', result });
  });
}

/** What an earlier process left. */
function recover(): void {
  for (const [run, own] of Map.groupBy(linesIn(ledger), (line) => line.run)) {
    const [begun] = own;
    if (begun?.does !== 'begins' || !begun.task) continue;
    const last = own.at(-1)!.does;
    const from = own.filter(({ does }) => does === 'step').length;
    const { tool, key, task } = begun;
    if (last !== 'done' && last !== 'stopped') {
      goOn({ tool, key, run, ...task, from });
      continue;
    }
    const status = last === 'done' ? 'completed' : 'cancelled';
    const result = last === 'done' ? resultOf(run) : undefined;
    tasks.set(run, { status, step: from, result, abort: new AbortController() });
  }
}

function stateOf(taskId: string) {
  const { status, step, result } = find(taskId);
  const at = new Date().toISOString();
  return {
    ...{ taskId, status, createdAt: at, lastUpdatedAt: at, ttlMs: 3_600_000, pollIntervalMs: 200 },
    ...(step > 0 && { statusMessage: `step ${step}` }),
    ...(result && { result }),
  };
}

function find(taskId: string): Task {
  const task = tasks.get(taskId);
  if (!task) throw new ProtocolError(-32_602, `There is no task ${taskId}.`);
  return task;
}

const speaksTasks = ({ mcpReq }: ServerContext) => {
  const { envelope } = mcpReq as { envelope?: Record<string, any> };
  const declared = envelope?.['io.modelcontextprotocol/clientCapabilities'];
  return Boolean(declared?.extensions?.[TASKS]);
};

function build(): Server {
  const capabilities = { tools: {}, extensions: { [TASKS]: {} } };
  const server = new Server({ name, version: '1.0.0' }, { capabilities });
  const { $schema: _, ...schema } = z.toJSONSchema(input);
  server.setRequestHandler('tools/list', () => ({
    tools: Object.entries(UPSTREAM_TOOLS).map(([tool, { annotations }]) => ({
      name: tool,
      description: 'Does a number of steps, with a pause before each.',
      inputSchema: { ...schema, type: 'object' } as Tool['inputSchema'],
      annotations,
    })),
  }));
  server.setRequestHandler('tools/call', async ({ params }, ctx) => {
    const { name: tool } = params;
    const given = input.parse(params.arguments);
    const { key, count, pause_ms } = given;
    const run = randomUUID();
    const isTask = UPSTREAM_TOOLS[tool]!.isTask && where !== 'stdio' && speaksTasks(ctx);
    const task = isTask ? { task: { count, pause_ms } } : {};
    note({ tool, key, run, does: 'begins', isRepeatable: isRepeatable(tool), ...task });
    if (isTask) {
      goOn({ tool, run, ...given });
      return { resultType: 'task', ...stateOf(run) } as any;
    }
    const { signal, _meta: meta, notify } = ctx.mcpReq;
    const progressToken = meta?.progressToken;
    const result = await work({
      ...given,
      tool,
      run,
      signal,
      async tell(step) {
        if (progressToken === undefined) return;
        const params = { progressToken, progress: step, total: count, message: `step ${step}` };
        await notify({ method: 'notifications/progress', params });
        note({ tool, key, run, does: 'told', step });
      },
    });
    return result ?? { content: [], isError: true };
  });
  const one = { params: z.looseObject({ taskId: z.string() }), result: z.looseObject({}) };
  server.setRequestHandler('tasks/get', one, ({ taskId }) => stateOf(taskId));
  server.setRequestHandler('tasks/cancel', one, ({ taskId }) => {
    find(taskId).abort.abort();
    return {};
  });
  return server;
}

if (where === 'stdio') {
  process.stdin.once('end', () => process.exit());
  serveStdio(build);
} else {
  recover();
  const handle = toNodeHandler(createMcpHandler(build));
  const http = createServer((request, response) => void handle(request, response));
  http.listen(Number(where), '127.0.0.1', () => console.log('The MCP server is ready.'));
}
