/** A TCP proxy that can be a broken network: it falls silent with its connections open, or refuses them. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/**
 * `silent`: nothing comes through and neither side is told, as with a pulled cable; data in flight arrives later.
 * `refused`: connections are reset, and new ones as well.
 */
export type Cut = 'silent' | 'refused';

export interface Proxy {
  port: number;
  /** Several cuts may overlap. @returns ends this one */
  cut(how: Cut): () => void;
  close(): Promise<void>;
}

interface Pair {
  inside: Socket;
  outside: Socket;
  /** One side has gone while the network was silent: the other has not heard of it yet. */
  isBroken: boolean;
}

const HOST = '127.0.0.1';

export async function startProxy(target: { host: string; port: number }): Promise<Proxy> {
  const pairs = new Set<Pair>();
  /** Connections that were begun while the network was silent. */
  const knocking = new Set<Socket>();
  const cuts = new Set<{ how: Cut }>();
  const has = (how: Cut) => [...cuts].some((cut) => cut.how === how);

  const server = createServer({ allowHalfOpen: true, noDelay: true }, (inside) => {
    inside.on('error', () => {});
    if (has('refused')) return void inside.resetAndDestroy();
    if (has('silent')) return knock(inside);
    join(inside);
  });
  server.listen(0, HOST);
  await once(server, 'listening');

  function knock(inside: Socket): void {
    knocking.add(inside);
    inside.once('close', () => knocking.delete(inside));
  }

  function join(inside: Socket): void {
    const outside = connect({ ...target, allowHalfOpen: true, noDelay: true });
    outside.on('error', () => {});
    const pair: Pair = { inside, outside, isBroken: false };
    pairs.add(pair);
    for (const socket of [inside, outside]) socket.once('close', () => part(pair));
    flow(pair);
  }

  function part(pair: Pair): void {
    if (has('silent') && !has('refused')) {
      pair.isBroken = true;
      return;
    }
    pairs.delete(pair);
    pair.outside.destroy();
    if (!pair.inside.destroyed) pair.inside.resetAndDestroy();
  }

  function flow({ inside, outside }: Pair): void {
    inside.pipe(outside);
    outside.pipe(inside);
  }

  function stand({ inside, outside }: Pair): void {
    inside.unpipe(outside).pause();
    outside.unpipe(inside).pause();
  }

  function reset(): void {
    for (const socket of knocking) socket.resetAndDestroy();
    for (const pair of pairs) part(pair);
  }

  function open(): void {
    for (const pair of pairs) {
      if (pair.isBroken) part(pair);
      else flow(pair);
    }
    for (const socket of knocking) join(socket);
    knocking.clear();
  }

  return {
    port: (server.address() as AddressInfo).port,
    cut(how) {
      const cut = { how };
      const wasOpen = cuts.size === 0;
      cuts.add(cut);
      if (how === 'refused') reset();
      else if (wasOpen) for (const pair of pairs) stand(pair);
      return () => {
        if (cuts.delete(cut) && cuts.size === 0) open();
      };
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      cuts.clear();
      reset();
      await closed;
    },
  };
}
