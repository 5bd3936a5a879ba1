import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Api } from './dependencies.ts';

/** Longer than a request may wait for Temporal. */
const LONGEST_MS = 6_000;
const LONGEST_CROWD_MS = 1_000;
/** No connection can have arrived in a turn this short. */
const SHORT_TURN_MS = 0.5;

/**
 * While closing, the server answers every request that it has received, and cuts off none that is still arriving: a client whose
 * connection is closed during a request does not know whether the request was accepted. Each response tells the client to close its
 * connection. After a grace time, the server stops listening, and each connection ends with the response in progress on it, or at
 * once if there is none.
 */
export function drainOnClose(app: Api, grace_ms = 500): void {
  /** For each connection, how many bytes had been read when its last response was complete. */
  const answered = new Map<Socket, number>();
  const underWay = new Map<Socket, number>();
  let taken = 0;
  let isClosing = false;
  let isOver = false;

  /** Node itself would wait a minute for a connection without a request, which some clients open in advance. */
  const endIfIdle = (socket: Socket) => {
    if (isOver && !underWay.has(socket) && socket.bytesRead === answered.get(socket)) {
      socket.destroy();
    }
  };

  /**
   * Resolves when no connection waits to be accepted: those that wait are reset when the server stops listening. One is accepted in
   * each turn of the event loop.
   */
  async function untilAllAccepted(): Promise<void> {
    const begin = performance.now();
    for (let now = begin, before; now - begin < LONGEST_CROWD_MS;) {
      before = { now, taken };
      await new Promise(setImmediate);
      now = performance.now();
      if (taken === before.taken && now - before.now < SHORT_TURN_MS) return;
    }
  }

  app.server.on('connection', (socket: Socket) => {
    taken += 1;
    answered.set(socket, 0);
    socket.once('close', () => {
      answered.delete(socket);
      underWay.delete(socket);
    });
  });

  app.addHook('onRequest', (request, reply, done) => {
    const { socket } = request.raw;
    underWay.set(socket, (underWay.get(socket) ?? 0) + 1);
    reply.raw.once('close', () => {
      const left = (underWay.get(socket) ?? 1) - 1;
      if (left > 0) underWay.set(socket, left);
      else underWay.delete(socket);
      if (answered.has(socket)) answered.set(socket, socket.bytesRead);
      endIfIdle(socket);
    });
    done();
  });

  app.addHook('onSend', async (_request, reply) => {
    if (isClosing) reply.header('connection', 'close');
  });

  app.addHook('preClose', async () => {
    isClosing = true;
    if (!app.server.listening) return;
    if (answered.size > 0) await sleep(grace_ms);
    await untilAllAccepted();
    isOver = true;
    const closed = once(app.server, 'close');
    // Fastify would close it some turns of the event loop later.
    app.server.close();
    const [fresh, kept] = partition([...answered], ([, read]) => read === 0);
    for (const [socket] of kept) endIfIdle(socket);
    // Their requests are on the way.
    void sleep(grace_ms).then(() => fresh.forEach(([socket]) => endIfIdle(socket)));
    const late = setTimeout(() => app.server.closeAllConnections(), LONGEST_MS);
    await closed;
    clearTimeout(late);
  });
}

function partition<T>(all: T[], isFirst: (one: T) => boolean): [T[], T[]] {
  return [all.filter(isFirst), all.filter((one) => !isFirst(one))];
}
