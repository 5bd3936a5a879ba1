/** A model server that says so many pieces of text at a steady pace, and keeps nothing of what it is asked. */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { frame } from '../../cli/demo/wire.ts';

export interface Speech {
  pieces: number;
  /** Milliseconds between two of them. */
  pace: number;
}

export async function startSpeakingModel(speech: Speech) {
  const server = createServer((request, response) => {
    request.resume().once('end', () => void speak(response, speech));
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

async function speak(response: ServerResponse, { pieces, pace }: Speech): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const begin = performance.now();
  for (let piece = 0; piece < pieces; piece += 1) {
    // By the clock, so that a late piece does not delay those after it.
    await sleep(Math.max(0, begin + piece * pace - performance.now()));
    const content = `Piece ${piece + 1} of ${pieces}. `;
    response.write(chunk({ delta: { content }, finish_reason: null }));
  }
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
