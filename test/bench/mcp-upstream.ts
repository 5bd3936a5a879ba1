/** An MCP server over stdio: `echo` answers at once, `later` sends a result after a while. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Server } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';

const text = (words: string) => ({ content: [{ type: 'text' as const, text: words }] });
interface Given {
  words?: string;
  ms?: number;
  mark?: string;
}

const inputSchema = { type: 'object' as const, properties: {} };

serveStdio(() => {
  const server = new Server({ name: 'bench', version: '1' }, { capabilities: { tools: {} } });
  server.setRequestHandler('tools/list', () => ({
    tools: ['echo', 'later'].map((name) => ({ name, description: `It is ${name}.`, inputSchema })),
  }));
  server.setRequestHandler('tools/call', async ({ params }) => {
    const { words = '', ms = 0, mark = '' } = (params.arguments ?? {}) as Given;
    if (params.name === 'echo') return text(words);
    await sleep(ms);
    return text(`${mark}${Date.now()}`);
  });
  return server;
});
