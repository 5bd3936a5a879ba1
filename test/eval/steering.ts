/** Where the tools of the evaluation ask for their steps: GET <url>/<call id>/<n> is answered once that step is known. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SteeredYield } from './extensions/steered.ts';

export interface Steering {
  url: string;
  /** The next step of a call, for readers that already wait and for later ones. */
  send(callId: string, step: SteeredYield): void;
  close(): Promise<void>;
}

/** Shorter than anything between two processes keeps a silent connection open. */
const NOT_YET_AFTER_MS = 20_000;

/** @param port 0: any free one. */
export async function startSteering(port = 0): Promise<Steering> {
  const steps = new Map<string, PromiseWithResolvers<SteeredYield>>();
  const sent = new Map<string, number>();
  const stepAt = (path: string) => {
    const known = steps.get(path) ?? Promise.withResolvers<SteeredYield>();
    steps.set(path, known);
    return known;
  };

  const server = createServer((request, response) => {
    const notYet = setTimeout(() => response.writeHead(204).end(), NOT_YET_AFTER_MS);
    response.once('close', () => clearTimeout(notYet));
    void stepAt(request.url!).promise.then((step) => {
      if (response.headersSent) return;
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(step));
    });
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    send(callId, step) {
      const n = (sent.get(callId) ?? 0) + 1;
      sent.set(callId, n);
      stepAt(`/${callId}/${n}`).resolve(step);
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
