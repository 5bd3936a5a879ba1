import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Api } from './dependencies.ts';

/** Longer than a request may wait for Temporal. */
const LONGEST_MS = 6_000;
const LONGEST_CROWD_MS = 1_000;
/** Nobody can have come meanwhile. */
const SHORT_TURN_MS = 0.5;

/**
 * Closing answers what has been asked, and cuts nothing off in the middle of asking. A client that keeps its connection learns from
 * the answer to its next request that the connection ends; until it has had time for that, everything is answered as ever, since
 * a connection that is closed under a request leaves its client not knowing whether it was taken. Then nobody is listened to any
 * more, and each connection ends with the answer that is under way on it, or at once where there is none.
 */
export function drainOnClose(app: Api, grace_ms = 500): void {
  /** With what had been read of each when its last answer was complete. */
  const answered = new Map<Socket, number>();
  const underWay = new Map<Socket, number>();
  let taken = 0;
  let isClosing = false;
  let isOver = false;

  /** Node itself would wait a minute for a connection over which nothing has been asked yet, such as a client opens in advance. */
  const endIfIdle = (socket: Socket) => {
    if (isOver && !underWay.has(socket) && socket.bytesRead === answered.get(socket)) {
      socket.destroy();
    }
  };

  /** Connections that wait to be taken in are reset when nobody listens any more, and one is taken in each turn of the event loop. */
  async function untilNobodyWaits(): Promise<void> {
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
    await untilNobodyWaits();
    isOver = true;
    const closed = once(app.server, 'close');
    // Here and not in Fastify, which takes some turns of the event loop until it does.
    app.server.close();
    const [fresh, kept] = partition([...answered], ([, read]) => read === 0);
    for (const [socket] of kept) endIfIdle(socket);
    // Its request is on its way.
    void sleep(grace_ms).then(() => fresh.forEach(([socket]) => endIfIdle(socket)));
    const late = setTimeout(() => app.server.closeAllConnections(), LONGEST_MS);
    await closed;
    clearTimeout(late);
  });
}

function partition<T>(all: T[], isFirst: (one: T) => boolean): [T[], T[]] {
  return [all.filter(isFirst), all.filter((one) => !isFirst(one))];
}
