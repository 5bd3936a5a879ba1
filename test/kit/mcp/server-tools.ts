/** The tools of the MCP server for tests: each does one thing that a server may do. */
import { setTimeout as sleep } from 'node:timers/promises';
import { inputRequired, ProtocolError } from '@modelcontextprotocol/server';
import { note, noted } from './server-ledger.ts';

export interface ToolRun {
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

export interface TestTool {
  name: string;
  description?: string;
  annotations?: object;
  properties?: Record<string, any>;
  isTask?: boolean;
  run(run: ToolRun): Promise<any>;
}

let calls = 0;

const number = { type: 'number' };
export const tools: TestTool[] = [
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

export const form = {
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

export const text = (words: string, more = {}) => ({
  content: [{ type: 'text' as const, text: words }],
  ...more,
});
