/**
 * An MCP server of protocol 2025-11-25 with its experimental tasks, made with the SDK of that time. Arguments: `stdio` or a port, and a
 * file: each tool notes there what it really does. Over HTTP it prints its port.
 */
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  InMemoryTaskMessageQueue,
  InMemoryTaskStore,
  type ToolTaskHandler,
} from '@modelcontextprotocol/sdk/experimental/tasks';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { ElicitResultSchema } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';

const [where = 'stdio', ledger = '/dev/null'] = process.argv.slice(2);
const note = (line: string) => appendFileSync(ledger, `${line}\n`);

const taskStore = new InMemoryTaskStore();
const taskMessageQueue = new InMemoryTaskMessageQueue();

type Extra = Parameters<ToolTaskHandler['createTask']>[0];
type Work = (
  run: { input: any; taskId: string; isStopped(): Promise<boolean> },
  extra: Extra,
) => Promise<Record<string, unknown>>;

const text = (words: string) => ({ content: [{ type: 'text' as const, text: words }] });

const works: Record<string, Work> = {
  async bakes({ input, taskId, isStopped }, { taskStore: store, sendNotification, _meta: meta }) {
    for (let step = 1; step <= input.count; step += 1) {
      await sleep(input.pause_ms);
      if (await isStopped()) {
        note('stopped');
        return text('never seen');
      }
      note(`step ${step}`);
      if (input.says === 'status') await store.updateTaskStatus(taskId, 'working', `step ${step}`);
      const progressToken = meta?.progressToken;
      if (input.says === 'status' || progressToken === undefined) continue;
      const told = { progressToken, progress: step, total: input.count, message: `step ${step}` };
      await sendNotification({ method: 'notifications/progress', params: told });
    }
    return text('baked');
  },
  async burns() {
    return { ...text('it is black'), isError: true };
  },
  async asks({ taskId }, { taskStore: store, sendRequest }) {
    await store.updateTaskStatus(taskId, 'input_required', 'It has to know more.');
    const { action, content } = await sendRequest(
      {
        method: 'elicitation/create',
        params: {
          message: 'Which branch?',
          requestedSchema: { type: 'object', properties: { branch: { type: 'string' } } },
        },
      },
      ElicitResultSchema,
      // The type of the options lacks what the server's own `extra` passes on.
      { relatedTask: { taskId }, timeout: 3_600_000 } as object,
    );
    await store.updateTaskStatus(taskId, 'working');
    return text(`${action}: ${JSON.stringify(content)}`);
  },
};

function build(): McpServer {
  const server = new McpServer(
    { name: 'old', version: '1.0.0' },
    {
      capabilities: {
        tools: {},
        tasks: { list: {}, cancel: {}, requests: { tools: { call: {} } } },
      },
      taskStore,
      taskMessageQueue,
    },
  );
  for (const [name, work] of Object.entries(works)) {
    server.experimental.tasks.registerToolTask(
      name,
      {
        description: `It ${name}.`,
        inputSchema: {
          count: z.number().default(1),
          pause_ms: z.number().default(0),
          says: z.enum(['status', 'progress']).default('status'),
        },
        execution: { taskSupport: 'required' },
      },
      {
        async createTask(input, extra) {
          note(`${name} begins`);
          const { ttl = null } =
            extra.taskRequestedTtl === undefined ? {} : { ttl: extra.taskRequestedTtl };
          const task = await extra.taskStore.createTask({ ttl, pollInterval: 100 });
          const { taskId } = task;
          const isStopped = async () =>
            (await extra.taskStore.getTask(taskId)).status === 'cancelled';
          void work({ input, taskId, isStopped }, extra)
            .then(async (result) => {
              if (!(await isStopped()))
                await extra.taskStore.storeTaskResult(taskId, 'completed', result);
            })
            .catch((error: Error) => note(error.message));
          return { task };
        },
        getTask: async (_, extra) => extra.taskStore.getTask(extra.taskId),
        getTaskResult: async (_, extra) =>
          (await extra.taskStore.getTaskResult(extra.taskId)) as ReturnType<typeof text>,
      },
    );
  }
  return server;
}

if (where === 'stdio') {
  await build().connect(new StdioServerTransport());
} else {
  const http = createServer((request, response) => {
    const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined });
    void build()
      .connect(transport)
      .then(() => transport.handleRequest(request, response));
  });
  http.listen(Number(where), '127.0.0.1', () => console.log((http.address() as AddressInfo).port));
}
