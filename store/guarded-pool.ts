/**
 * A pool of connections to a server that may hang or be unreachable without any socket noticing. A statement not answered in time
 * fails. Its connection is discarded, and so are all older ones: a network that lost one packet may have lost theirs too.
 *
 * After that, a single connection probes whether the server answers. Until it does, every statement fails at once, so that callers
 * that can do without the store need not wait for it, and a server that recovers is not flooded.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { PostgresPool, PostgresPoolClient } from 'kysely';
import pg from 'pg';
import { isBrokenOff, StoreUnavailable } from './unavailable.ts';

/** @param statement_ms must be longer than any statement takes */
export function guardedPool(pool: pg.Pool, statement_ms: number): PostgresPool {
  let generation = 0;
  let isAway = false;
  let isProbing = false;
  let isEnded = false;
  const made = new WeakMap<pg.PoolClient, number>();
  // A connection may break while idle or between two statements of a transaction. The next statement on it fails, and the pool drops
  // it. But an `error` event without a listener would end the process, and with it every other conversation.
  pool.on('error', () => {});
  pool.on('connect', (client) => {
    made.set(client, generation);
    client.on('error', () => {});
  });

  async function connect(): Promise<pg.PoolClient> {
    for (;;) {
      if (isAway) throw new StoreUnavailable('The store is unavailable.', { mayBeDone: false });
      const client = await pool.connect().catch((cause: unknown) => {
        void probe();
        throw new StoreUnavailable('The store cannot be reached.', { mayBeDone: false, cause });
      });
      if (made.get(client) === generation) return client;
      client.release(true);
    }
  }

  async function probe(): Promise<void> {
    if (isProbing) return;
    isProbing = true;
    while (!isEnded) {
      isAway = !(await answers(pool.options));
      if (!isAway) break;
      await sleep(PROBE_PAUSE_MS, undefined, { ref: false });
    }
    isProbing = false;
  }

  function distrust(): void {
    generation += 1;
    void probe();
  }

  return {
    options: pool.options,
    connect: async () => guarded(await connect(), statement_ms, distrust),
    async end() {
      isEnded = true;
      // A server that does not answer does not close its connections either.
      const { late, inTime } = deadline(GOODBYE_MS, () => undefined);
      await Promise.race([pool.end(), late]).finally(inTime);
    },
  };
}

const GOODBYE_MS = 2_000;
const PROBE_MS = 1_000;
const PROBE_PAUSE_MS = 250;

async function answers(options: pg.PoolOptions): Promise<boolean> {
  const client = new pg.Client({ ...options, connectionTimeoutMillis: PROBE_MS });
  client.on('error', () => {});
  const { late, inTime } = deadline(PROBE_MS, () => false);
  const asked = client.connect().then(() => client.query('select').then(() => true));
  const isThere = await Promise.race([asked, late]).catch(() => false);
  inTime();
  // With a statement under way, this destroys the socket.
  void client.end().catch(() => {});
  return isThere;
}

function guarded(
  client: pg.PoolClient,
  statement_ms: number,
  timedOut: () => void,
): PostgresPoolClient {
  let broken: StoreUnavailable | undefined;

  async function query(text: any, parameters?: any): Promise<any> {
    // Later statements of a transaction on a broken connection, such as `rollback`.
    if (broken) throw broken;
    const { late, inTime } = deadline(statement_ms, () => {
      timedOut();
      throw new Error(`No answer within ${statement_ms} ms.`);
    });
    try {
      return await Promise.race([client.query(text, parameters), late]);
    } catch (cause) {
      if (cause instanceof pg.DatabaseError && !isBrokenOff(cause.code)) throw cause;
      // A value that cannot be sent.
      if (cause instanceof TypeError || cause instanceof RangeError) throw cause;
      broken = new StoreUnavailable('The store does not answer.', { mayBeDone: true, cause });
      throw broken;
    } finally {
      inTime();
    }
  }

  return { query: query as PostgresPoolClient['query'], release: () => client.release(broken) };
}

/** Allows for a pause of this process: an answer that has already arrived is read before the time is up. */
function deadline<T>(milliseconds: number, overdue: () => T) {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(() => setImmediate(resolve), milliseconds);
  return { late: promise.then(overdue), inTime: () => clearTimeout(timer) };
}
