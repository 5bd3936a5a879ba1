/** Calls of the MCP server for tests that run as tasks. */
import { randomUUID } from 'node:crypto';
import { ProtocolError, type ServerContext } from '@modelcontextprotocol/server';
import { note } from './server-ledger.ts';
import { form, type TestTool } from './server-tools.ts';

export const TASKS = 'io.modelcontextprotocol/tasks';

interface Task {
  state: Record<string, unknown>;
  abort: AbortController;
  /** By key. */
  waiting: Map<string, (answer: unknown) => void>;
}
const tasks = new Map<string, Task>();

export function begin(tool: TestTool, input: unknown) {
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

export const speaksTasks = ({ mcpReq }: ServerContext) => {
  const { envelope } = mcpReq as { envelope?: Record<string, any> };
  const declared = envelope?.['io.modelcontextprotocol/clientCapabilities'];
  return Boolean(declared?.extensions?.[TASKS]);
};

export function taskOf(id: string): Task {
  const task = tasks.get(id);
  if (!task) throw new ProtocolError(-32_602, `There is no task ${id}.`);
  return task;
}

/** Answers of a person to what the task asks, by key. */
export function answerTask(id: string, answers: Record<string, unknown>): void {
  const { state, waiting } = taskOf(id);
  for (const [key, answer] of Object.entries(answers)) {
    const resolve = waiting.get(key);
    if (!resolve) continue;
    note(`answered ${key}`);
    waiting.delete(key);
    state.status = 'working';
    delete state.inputRequests;
    resolve(answer);
  }
}
