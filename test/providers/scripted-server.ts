/** A server that answers every request with what a fixture brought. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Fixture } from './fixtures.ts';

export interface ScriptedServer {
  url: string;
  /** Bodies of the requests so far. */
  requests: unknown[];
  close(): Promise<void>;
}

/** @param answer by the request's body and its number, 1 is the first */
export async function startScriptedServer(
  answer: (body: unknown, nth: number) => Pick<Fixture, 'status' | 'headers' | 'chunks'>,
): Promise<ScriptedServer> {
  const requests: unknown[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      let text = '';
      for await (const piece of request) text += String(piece);
      const body: unknown = JSON.parse(text);
      const { status, headers, chunks } = answer(body, requests.push(body));
      response.writeHead(status, headers);
      for (const chunk of chunks) {
        response.write(chunk);
        await nextTurn();
      }
      response.end();
    })();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    requests,
    async close() {
      const closing = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closing;
    },
  };
}
