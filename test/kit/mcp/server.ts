/**
 * An MCP server for tests, of both eras, with the tasks extension. Arguments: `stdio` or a port, and a file: each tool notes there
 * what it really does. Over HTTP it prints its port.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, ProtocolError, Server } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { z } from 'zod';
import { noted } from './server-ledger.ts';
import { answerTask, begin, speaksTasks, taskOf, TASKS } from './server-tasks.ts';
import { form, text, tools } from './server-tools.ts';

const [where = 'stdio'] = process.argv.slice(2);

if (where === 'stdio') {
  serveStdio(build);
} else {
  const handle = toNodeHandler(createMcpHandler(build));
  const http = createServer((request, response) => void handle(request, response));
  http.listen(Number(where), '127.0.0.1', () => console.log((http.address() as AddressInfo).port));
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
    answerTask(taskId, ctx.mcpReq.inputResponses ?? {});
    return {};
  });
  server.setRequestHandler('tasks/cancel', one, ({ taskId }) => {
    taskOf(taskId).abort.abort();
    return {};
  });
  growOnDemand(server);
  return server;
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
