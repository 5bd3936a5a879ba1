import { setTimeout as sleep } from 'node:timers/promises';
import type { Api } from './dependencies.ts';

/** Longer than a request may wait for Temporal. */
const LONGEST_MS = 6_000;

/**
 * Closing lets requests under way end, and then every connection. Left to itself, Node waits a minute for a connection over which
 * nothing has been asked yet, such as a client opens in advance.
 */
export function drainOnClose(app: Api): void {
  let underWay = 0;
  const drained = Promise.withResolvers<void>();
  let closing = false;
  const lookAgain = () => {
    if (closing && underWay === 0) drained.resolve();
  };
  app.addHook('onRequest', (_request, reply, done) => {
    underWay += 1;
    reply.raw.once('close', () => {
      underWay -= 1;
      lookAgain();
    });
    done();
  });
  app.addHook('preClose', (done) => {
    closing = true;
    lookAgain();
    const late = sleep(LONGEST_MS, undefined, { ref: false });
    void Promise.race([drained.promise, late]).then(() => app.server.closeAllConnections());
    done();
  });
}
