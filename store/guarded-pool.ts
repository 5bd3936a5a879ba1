/**
 * A pool of connections to a server that may be frozen or out of reach, which no socket tells: a statement that is not answered in time
 * fails, its connection is thrown away, and so are those made before, since what has swallowed one packet has swallowed others.
 */
import type { PostgresPool, PostgresPoolClient } from 'kysely';
import pg from 'pg';
import { isBrokenOff, StoreUnavailable } from './unavailable.ts';

/** @param statement_ms longer than a statement ever takes */
export function guardedPool(pool: pg.Pool, statement_ms: number): PostgresPool {
  let generation = 0;
  const made = new WeakMap<pg.PoolClient, number>();
  // A connection broke, idle or between two statements of a transaction. Whoever uses it is told by its next statement, and the
  // pool drops it; but an `error` event that nobody listens to ends the process, and with it every other conversation.
  pool.on('error', () => {});
  pool.on('connect', (client) => {
    made.set(client, generation);
    client.on('error', () => {});
  });

  async function connect(): Promise<pg.PoolClient> {
    for (;;) {
      const client = await pool.connect().catch((cause: unknown) => {
        throw new StoreUnavailable('The store cannot be reached.', { mayBeDone: false, cause });
      });
      if (made.get(client) === generation) return client;
      client.release(true);
    }
  }

  return {
    options: pool.options,
    connect: async () => guarded(await connect(), statement_ms, () => (generation += 1)),
    async end() {
      // A server that does not answer does not say goodbye either.
      const { late, inTime } = deadline(GOODBYE_MS, () => undefined);
      await Promise.race([pool.end(), late]).finally(inTime);
    },
  };
}

const GOODBYE_MS = 2_000;

function guarded(
  client: pg.PoolClient,
  statement_ms: number,
  timedOut: () => void,
): PostgresPoolClient {
  let broken: StoreUnavailable | undefined;

  async function query(text: any, parameters?: any): Promise<any> {
    // What a transaction wants to say on a connection that is gone, such as `rollback`.
    if (broken) throw broken;
    const { late, inTime } = deadline(statement_ms, () => {
      timedOut();
      throw new Error(`No answer in ${statement_ms} ms.`);
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

/** The time of a process that stood still itself does not count: an answer that is there already is read first. */
function deadline<T>(milliseconds: number, overdue: () => T) {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(() => setImmediate(resolve), milliseconds);
  return { late: promise.then(overdue), inTime: () => clearTimeout(timer) };
}
