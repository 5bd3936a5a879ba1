/**
 * A model server that reads no more of what it is asked than how it begins, and keeps nothing: what a request of megabytes costs
 * is then the service's alone.
 */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { frame } from '../../cli/demo/wire.ts';
import { summaryPrompt } from '../../model/summary-prompt.ts';

/** @param asked is told when a request for a reply has begun to come in, with the moment (performance.now) */
export async function startSilentModel(asked: (at: number) => void, latency_ms: number) {
  const server = createServer((request, response) => {
    const at = performance.now();
    request.once('data', (begin: Buffer) => {
      if (!begin.includes(SUMMARY)) asked(at);
    });
    request.once('end', () => void answer(response, latency_ms));
  });
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

/** How a request for a summary begins. */
const SUMMARY = summaryPrompt(0).split('\n', 1)[0]!;

async function answer(response: ServerResponse, latency_ms: number): Promise<void> {
  await sleep(latency_ms);
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(chunk({ delta: { content: 'Ok.' }, finish_reason: null }));
  response.write(chunk({ delta: {}, finish_reason: 'stop' }));
  response.end('data: [DONE]\n\n');
}

const chunk = (choice: object) =>
  frame({
    id: 'stub',
    object: 'chat.completion.chunk',
    created: 0,
    model: 'stub',
    choices: [{ index: 0, ...choice }],
  });
