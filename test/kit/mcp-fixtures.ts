/** The tools that the conformance suite looks for, on the service's own endpoint. Their tasks are kept in memory. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type CallToolResult, inputRequired } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { createEndpoint, type Endpoint } from '../../mcp/server/endpoint.ts';
import { needTasks, text } from '../../mcp/server/server.ts';
import {
  type McpRequest,
  type McpResources,
  type ServedTool,
  type Task,
  type Tasks,
  type ToolAnswer,
  UnknownTask,
} from '../../mcp/server/tool.ts';

interface Running {
  task: Task;
  abort: AbortController;
  waiting: Map<string, (answer: unknown) => void>;
  changed: () => void;
  change: Promise<void>;
}

type Body = (run: {
  signal: AbortSignal;
  ask: (...messages: string[]) => Promise<unknown[]>;
}) => Promise<CallToolResult>;

export function createFixtures(): Endpoint {
  const all = new Map<string, Running>();

  function find(taskId: string): Running {
    const found = all.get(taskId);
    if (!found) throw new UnknownTask('There is no such task.');
    return found;
  }

  function start(body: Body): { task: Task } {
    const at = new Date().toISOString();
    const { promise, resolve } = Promise.withResolvers<void>();
    const running: Running = {
      task: {
        taskId: randomUUID(),
        status: 'working',
        createdAt: at,
        lastUpdatedAt: at,
        ttlMs: 3_600_000,
        pollIntervalMs: 100,
      },
      abort: new AbortController(),
      waiting: new Map(),
      changed: resolve,
      change: promise,
    };
    const created = { ...running.task };
    const set = (next: Partial<Task>) => {
      running.task = { ...running.task, ...next, lastUpdatedAt: new Date().toISOString() };
      running.changed();
      const { promise: change, resolve: changed } = Promise.withResolvers<void>();
      Object.assign(running, { change, changed });
    };
    const ask = (...messages: string[]) => {
      const requests = Object.fromEntries(
        messages.map((message) => [randomUUID(), form(message, 'confirm')]),
      );
      const answers = Object.keys(requests).map(
        (key) =>
          new Promise<unknown>((resolved) => {
            running.waiting.set(key, (answer) => {
              const { [key]: _answered, ...left } = running.task.inputRequests ?? {};
              running.waiting.delete(key);
              if (Object.keys(left).length > 0) set({ inputRequests: left });
              else {
                delete running.task.inputRequests;
                set({ status: 'working' });
              }
              resolved(answer);
            });
          }),
      );
      set({ status: 'input_required', inputRequests: requests });
      return Promise.all(answers);
    };
    all.set(created.taskId, running);
    const { signal } = running.abort;
    signal.addEventListener('abort', () => {
      delete running.task.inputRequests;
      set({ status: 'cancelled' });
    });
    void body({ signal, ask }).then(
      (result) => signal.aborted || set({ status: 'completed', result }),
      (error: Error) =>
        signal.aborted ||
        set({ status: 'failed', error: { code: -32603, message: error.message } }),
    );
    return { task: created };
  }

  const tasks: Tasks = {
    get: async (taskId) => find(taskId).task,
    async update(taskId, answers) {
      const { waiting } = find(taskId);
      for (const [key, answer] of Object.entries(answers)) waiting.get(key)?.(answer);
    },
    async cancel(taskId) {
      const { task, abort } = find(taskId);
      if (task.status === 'working' || task.status === 'input_required') abort.abort();
    },
    async *follow(taskId, { signal }) {
      const gone = new Promise((resolve) =>
        signal.addEventListener('abort', resolve, { once: true }),
      );
      while (!signal.aborted) {
        const { task, change } = find(taskId);
        yield task;
        if (task.result || task.error || task.status === 'cancelled') return;
        await Promise.race([change, gone]);
      }
    },
  };

  const perhaps = (body: (input: any) => Body) => async (input: unknown, request: McpRequest) =>
    request.tasks
      ? start(body(input))
      : body(input)({ signal: request.signal, ask: async () => [] });

  const tool = (
    name: string,
    call: (input: any, request: McpRequest) => Promise<ToolAnswer>,
    input: z.ZodType = z.looseObject({}),
  ): ServedTool => ({ name, description: `The fixture ${name}.`, input, call });

  return createEndpoint({
    name: 'fixtures',
    version: '1.0.0',
    tasks,
    resources: RESOURCES,
    explain: () => undefined,
    onFault: console.error,
    tools: [
      tool('greet', async ({ name }) => text(`Hello, ${name}!`), z.object({ name: z.string() })),
      tool(
        'slow_compute',
        perhaps(({ seconds = 1 }) => async ({ signal }) => {
          await sleep(seconds * 1_000, undefined, { signal });
          return text('computed');
        }),
      ),
      tool('failing_job', async (_, request) => {
        needTasks(request);
        return start(async () => {
          await sleep(500);
          return { ...text('it broke'), isError: true };
        });
      }),
      tool(
        'protocol_error_job',
        perhaps(() => async () => {
          throw new Error('panic');
        }),
      ),
      tool(
        'confirm_delete',
        perhaps(() => async ({ ask }) => {
          await ask('Delete it?');
          return text('deleted');
        }),
      ),
      tool(
        'multi_input',
        perhaps(() => async ({ ask }) => {
          await ask('One?', 'Two?');
          return text('both');
        }),
      ),
      tool('test_tool_with_task', async (_, request) => {
        needTasks(request);
        const [answer] = Object.values(request.inputResponses ?? {}) as {
          content?: Record<string, string>;
        }[];
        const [name] = Object.values(answer?.content ?? {});
        if (name !== undefined) return start(async () => text(`Hello, ${name}!`));
        return inputRequired({
          inputRequests: { user_name: form('Your name?', 'user_name') as never },
        });
      }),
      tool('test_simple_text', async () => text('This is a simple text response for testing.')),
      tool('test_image_content', async () => ({ content: [IMAGE] })),
      tool('test_audio_content', async () => ({ content: [AUDIO] })),
      tool('test_embedded_resource', async () => ({ content: [EMBEDDED] })),
      tool('test_multiple_content_types', async () => ({
        content: [...text('Multiple content types test:').content, IMAGE, EMBEDDED],
      })),
      tool('test_error_handling', async () => ({
        ...text('This tool intentionally returns an error for testing'),
        isError: true,
      })),
      tool('test_tool_with_progress', async (_, { progress }) => {
        for (const part of ['0', '50', '100']) await progress?.(part);
        return text('done');
      }),
    ],
  });
}

const form = (message: string, field: string) => ({
  method: 'elicitation/create',
  params: {
    mode: 'form',
    message,
    requestedSchema: { type: 'object', properties: { [field]: { type: 'string' } } },
  },
});

const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==';
const SILENCE = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQAAAAA=';
const IMAGE = { type: 'image' as const, data: PIXEL, mimeType: 'image/png' };
const AUDIO = { type: 'audio' as const, data: SILENCE, mimeType: 'audio/wav' };
const EMBEDDED = {
  type: 'resource' as const,
  resource: {
    uri: 'test://embedded-resource',
    mimeType: 'text/plain',
    text: 'This is an embedded resource content.',
  },
};

const STATIC = 'test://static-text';
const RESOURCES: McpResources = {
  templates: [
    {
      uriTemplate: 'test://template/{id}/data',
      name: 'Template',
      description: 'Data by id.',
      mimeType: 'application/json',
    },
  ],
  list: async () => ({ resources: [{ uri: STATIC, name: 'Text', mimeType: 'text/plain' }] }),
  async read(uri) {
    if (uri === STATIC) {
      return { mimeType: 'text/plain', text: 'This is the content of the static text resource.' };
    }
    const id = /^test:\/\/template\/(\w+)\/data$/.exec(uri)?.[1];
    return id === undefined
      ? undefined
      : {
          mimeType: 'application/json',
          text: JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` }),
        };
  },
  follow: async () => undefined,
};
