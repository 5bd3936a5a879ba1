/** What the model servers of the benchmarks share: a server on a free port, and the chunks of a chat completion. */
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { frame } from '../../cli/demo/wire.ts';

export async function startModelServer(answer: RequestListener) {
  const server = createServer(answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

export const textChunk = (content: string) => chunk({ delta: { content }, finish_reason: null });

/** The last chunk, and the mark that ends the stream. */
export const END_OF_TEXT = `${chunk({ delta: {}, finish_reason: 'stop' })}data: [DONE]\n\n`;

function chunk(choice: object): string {
  return frame({
    id: 'stub',
    object: 'chat.completion.chunk',
    created: 0,
    model: 'stub',
    choices: [{ index: 0, ...choice }],
  });
}
