/** Gates at which tools of a service wait: GET <url>/<name> is answered when a test opens the gate of that name. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createMailbox } from './mailbox.ts';

export interface Gates {
  url: string;
  /** The name of the next gate that a tool reaches. */
  reached(): Promise<string>;
  /** Opens a gate for those that wait there and for later ones. */
  open(name: string): void;
  close(): Promise<void>;
}

export async function startGates(): Promise<Gates> {
  const opened = new Map<string, PromiseWithResolvers<void>>();
  const gate = (name: string) => {
    const known = opened.get(name) ?? Promise.withResolvers<void>();
    opened.set(name, known);
    return known;
  };
  const arrivals = createMailbox<string>('a gate is reached');
  const server = createServer((request, response) => {
    const name = request.url!.slice(1);
    arrivals.put(name);
    void gate(name).promise.then(() => response.end(name));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    reached: arrivals.take,
    open: (name) => gate(name).resolve(),
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
