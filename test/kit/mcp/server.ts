/**
 * An MCP server for tests, of both eras, with the tasks extension. Arguments: `stdio` or a port, and a file: each tool notes there
 * what it really does. Over HTTP it prints its port.
 */
import { createServer } from 'node:http';
import { randomUUID } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AddressInfo } from 'node:net';
import { toNodeHandler } from '@modelcontextprotocol/node';
import {
  createMcpHandler,
  inputRequired,
  ProtocolError,
  Server,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { z } from 'zod';

const [where = 'stdio', ledger = '/dev/null'] = process.argv.slice(2);
const TASKS = 'io.modelcontextprotocol/tasks';

const note = (line: string) => appendFileSync(ledger, `${line}\n`);
const noted = (line: string) =>
  existsSync(ledger)
    ? readFileSync(ledger, 'utf8')
        .split('\n')
        .filter((l) => l === line).length
    : 0;
const text = (words: string, more = {}) => ({
  content: [{ type: 'text' as const, text: words }],
  ...more,
});

interface Run {
  input: any;
  signal: AbortSignal;
  tell(progress: Record<string, unknown>): Promise<void>;
  /** For a task: what its status says. */
  says(words: string): void;
  /** In the way of the older protocol. */
  ask(): Promise<unknown>;
  /** As a task. */
  askTask(key: string): Promise<unknown>;
  /** In the way of the newer protocol: what has been answered so far. */
  answers: Record<string, any>;
  state?: string | undefined;
}

interface TestTool {
  name: string;
  description?: string;
  annotations?: object;
  properties?: Record<string, any>;
  isTask?: boolean;
  run(run: Run): Promise<any>;
}

let calls = 0;

const number = { type: 'number' };
const tools: TestTool[] = [
  {
    name: 'steps',
    properties: { count: { type: 'integer', minimum: 1 }, pause_ms: number },
    async run({ input, signal, tell }) {
      note('steps begins');
      for (let step = 1; step <= input.count; step += 1) {
        await sleep(input.pause_ms ?? 0, undefined, { signal });
        note(`step ${step}`);
        await tell({ progress: step, total: input.count, message: `step ${step}` });
      }
      return text('all steps done', { structuredContent: { steps: input.count } });
    },
  },
  {
    name: 'partials',
    async run({ tell }) {
      for (const part of ['first', 'second']) {
        await tell({ progress: 0, _meta: { 'meanwhile/result': { part } } });
      }
      return text('third');
    },
  },
  {
    name: 'waits',
    async run({ signal }) {
      note('waits');
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      note('cancelled');
      return text('never seen');
    },
  },
  { name: 'dies', run: die },
  { name: 'dies_once', annotations: { idempotentHint: true }, run: die },
  {
    name: 'fails',
    run: () =>
      Promise.resolve(
        text('no room on the disk', { isError: true, structuredContent: { free: 0 } }),
      ),
  },
  {
    name: 'job',
    isTask: true,
    properties: { ms: number },
    async run({ input, signal, says }) {
      note('job begins');
      says('half of it');
      await sleep(input.ms ?? 0, undefined, { signal }).catch(() => note('job cancelled'));
      return text('the job is done');
    },
  },
  {
    name: 'removes',
    annotations: { destructiveHint: true },
    run: () => Promise.resolve(text('removed')),
  },
  {
    name: 'remembers',
    async run() {
      calls += 1;
      return text(`call ${calls} of process ${process.pid}`);
    },
  },
  { name: 'floods', run: async () => text('x'.repeat(40_000_000)) },
  {
    name: 'nests',
    properties: { depth: { type: 'integer' } },
    async run({ input }) {
      let structuredContent: object = {};
      for (let depth = 0; depth < input.depth; depth += 1)
        structuredContent = { a: structuredContent };
      return { content: [], structuredContent };
    },
  },
  {
    name: 'babbles',
    async run({ tell }) {
      const message = `\u0007\u001B[31mred\u0000 ${'word '.repeat(10_000)}`;
      await tell({ progress: 1, total: 2, message });
      return text('said');
    },
  },
  {
    name: 'asks',
    async run({ ask }) {
      note('asks begins');
      return text(`You said ${JSON.stringify(await ask())}`);
    },
  },
  {
    name: 'asks_now',
    async run({ answers, state }) {
      note(`asks_now with ${state}`);
      const { which } = answers;
      return which ? text(`You said ${JSON.stringify(which)}`) : question();
    },
  },
  {
    name: 'asks_too_much',
    run: async () =>
      inputRequired({
        inputRequests: { which: { method: 'roots/list', params: {} } as any },
      }),
  },
  {
    name: 'wants_a_visit',
    async run() {
      note('wants_a_visit');
      if (noted('wants_a_visit') > 1) return text('You were there.');
      const url = 'https://example.com/sign-in';
      throw new ProtocolError(-32_042, 'Sign in first.', {
        elicitations: [{ mode: 'url', elicitationId: 'e', url, message: 'Sign in first.' }],
      });
    },
  },
  {
    name: 'job_asks',
    isTask: true,
    async run({ askTask }) {
      note('job_asks begins');
      const answers = [await askTask('branch'), await askTask('again')];
      return text(`You said ${JSON.stringify(answers)}`);
    },
  },
  {
    name: 'environment',
    run: () => Promise.resolve(text(JSON.stringify(process.env))),
  },
];

const form = {
  mode: 'form' as const,
  message: 'Which branch?',
  requestedSchema: {
    type: 'object' as const,
    properties: { branch: { type: 'string' as const } },
    required: ['branch'],
  },
};

/** In the way of protocol 2026-07-28. */
const question = () =>
  inputRequired({
    inputRequests: { which: { method: 'elicitation/create', params: form } },
    requestState: 'half done',
  });

/** In the middle of its work, the first time that this is called in the ledger. */
async function die(): Promise<object> {
  note('dies begins');
  if (noted('dies begins') > 1) return text('survived');
  console.error('out of luck');
  process.exit(1);
}

interface Task {
  state: Record<string, unknown>;
  abort: AbortController;
  /** By key. */
  waiting: Map<string, (answer: unknown) => void>;
}
const tasks = new Map<string, Task>();

function begin(tool: TestTool, input: unknown) {
  const state: Record<string, unknown> = {
    taskId: randomUUID(),
    status: 'working',
    pollIntervalMs: 100,
  };
  state.createdAt = state.lastUpdatedAt = new Date().toISOString();
  state.ttlMs = 3_600_000;
  const abort = new AbortController();
  const handle = { resultType: 'task', ...state };
  const waiting: Task['waiting'] = new Map();
  tasks.set(String(state.taskId), { state, abort, waiting });
  abort.signal.addEventListener('abort', () => {
    if (state.status === 'input_required') note('task cancelled while asking');
    state.status = 'cancelled';
  });
  void tool
    .run({
      input,
      signal: abort.signal,
      tell: async () => {},
      says: (words) => (state.statusMessage = words),
      ask: async () => {},
      answers: {},
      askTask(key) {
        state.status = 'input_required';
        state.inputRequests = { [key]: { method: 'elicitation/create', params: form } };
        return new Promise((resolve) => waiting.set(key, resolve));
      },
    })
    .then((result: object) =>
      Object.assign(
        state,
        abort.signal.aborted ? { status: 'cancelled' } : { status: 'completed', result },
      ),
    );
  return handle;
}

const speaksTasks = ({ mcpReq }: ServerContext) => {
  const { envelope } = mcpReq as { envelope?: Record<string, any> };
  const declared = envelope?.['io.modelcontextprotocol/clientCapabilities'];
  return Boolean(declared?.extensions?.[TASKS]);
};

function taskOf(id: string): Task {
  const task = tasks.get(id);
  if (!task) throw new ProtocolError(-32_602, `There is no task ${id}.`);
  return task;
}

/** A line `grow` in the ledger adds a tool. */
function growOnDemand(server: Server): void {
  const looking = setInterval(() => {
    if (noted('grow') === 0 || tools.some(({ name }) => name === 'grown')) return;
    tools.push({ name: 'grown', run: () => Promise.resolve(text('I am new.')) });
    void server.sendToolListChanged();
  }, 50);
  looking.unref();
}

function build(): Server {
  const server = new Server(
    { name: 'test', version: '1.0.0' },
    { capabilities: { tools: { listChanged: true }, extensions: { [TASKS]: {} } } },
  );
  server.setRequestHandler('tools/list', () => ({
    tools: tools.map(({ name, description = `It ${name}.`, annotations, properties = {} }) => ({
      name,
      description,
      inputSchema: { type: 'object' as const, properties },
      ...(annotations && { annotations }),
    })),
  }));
  server.setRequestHandler('tools/call', async ({ params }, ctx) => {
    const tool = tools.find(({ name }) => name === params.name);
    if (!tool) throw new ProtocolError(-32_602, `There is no tool ${params.name}.`);
    const input = params.arguments ?? {};
    if (tool.isTask && speaksTasks(ctx)) return begin(tool, input) as any;
    const { _meta: meta } = ctx.mcpReq;
    const progressToken = meta?.progressToken;
    return tool.run({
      input,
      signal: ctx.mcpReq.signal,
      tell: (progress) =>
        ctx.mcpReq.notify({
          method: 'notifications/progress',
          params: { progressToken, progress: 0, ...progress },
        }),
      says() {},
      ask: () => server.elicitInput(form, { timeout: 3_600_000 }),
      askTask: async () => {},
      answers: ctx.mcpReq.inputResponses ?? {},
      state: ctx.mcpReq.requestState?.(),
    });
  });
  const one = { params: z.object({ taskId: z.string() }).loose(), result: z.object({}).loose() };
  server.setRequestHandler('tasks/get', one, ({ taskId }) => taskOf(taskId).state as any);
  server.setRequestHandler('tasks/update', one, ({ taskId }, ctx) => {
    const { state, waiting } = taskOf(taskId);
    for (const [key, answer] of Object.entries(ctx.mcpReq.inputResponses ?? {})) {
      const resolve = waiting.get(key);
      if (!resolve) continue;
      note(`answered ${key}`);
      waiting.delete(key);
      state.status = 'working';
      delete state.inputRequests;
      resolve(answer);
    }
    return {};
  });
  server.setRequestHandler('tasks/cancel', one, ({ taskId }) => {
    taskOf(taskId).abort.abort();
    return {};
  });
  growOnDemand(server);
  return server;
}

if (where === 'stdio') {
  serveStdio(build);
} else {
  const handle = toNodeHandler(createMcpHandler(build));
  const http = createServer((request, response) => void handle(request, response));
  http.listen(Number(where), '127.0.0.1', () => console.log((http.address() as AddressInfo).port));
}
