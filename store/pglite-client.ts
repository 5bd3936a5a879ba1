/** Runs PGlite in a thread, so that the service neither blocks while the database works nor ends with it. */
import type { Worker } from 'node:worker_threads';
import type { PGlite } from 'kysely';
import {
  type Answered,
  DatabaseStopped,
  openSession,
  type PgliteSession,
} from './pglite-session.ts';
import type { ThreadOptions } from './pglite-thread.ts';
import { readJson } from './read-json.ts';

/** The part of PGlite that Kysely's dialect needs, and `exec` for statements without parameters. */
export interface ThreadedPGlite extends PGlite {
  exec(sql: string): Promise<void>;
  /** Rejects when the database has stopped and could not be opened again. */
  failed: Promise<never>;
}

export interface PGliteOptions {
  /** Called when the database has stopped. */
  log?: (line: string) => void;
  /** Starts the thread; tests replace it. */
  start?: (opening: ThreadOptions) => Worker;
}

/**
 * When a thread ends for any reason, another replaces it and opens the files on disk. Everything that was acknowledged is recovered, as
 * after a kill of the process. Requests under way fail with DatabaseStopped; new requests wait meanwhile.
 * @throws what PGlite throws if the database cannot be opened.
 */
export async function startPGlite(
  opening: ThreadOptions,
  { log = () => {}, start }: PGliteOptions = {},
): Promise<ThreadedPGlite> {
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => {});
  const deaths: number[] = [];
  let closing: Promise<unknown> | undefined;
  const open = () => openSession(opening, died, start);
  let live = open();
  await live;

  function died(death: DatabaseStopped): void {
    if (closing) return;
    live = reopen(live, death);
    live.catch(failed.reject);
  }

  async function reopen(
    before: Promise<PgliteSession>,
    death: DatabaseStopped,
  ): Promise<PgliteSession> {
    // Two threads with the same folder open would destroy it.
    await (await before).whenEnded();
    const now = performance.now();
    deaths.push(now);
    if (deaths.filter((at) => at > now - DEATHS_MS).length > MOST_DEATHS) {
      throw new Error(`${death.message} It has stopped ${MOST_DEATHS} times within a minute.`);
    }
    log(`${death.message} Reopening it.`);
    return open().catch((cause: unknown) => {
      throw new Error(`${death.message} It could not be reopened: ${String(cause)}`, { cause });
    });
  }

  const inTurn = createTurns();
  /** Runs the work in one session: a transaction that was begun in another is lost with that session. */
  const withSession = async <T>(work: (session: PgliteSession) => Promise<T>) => {
    if (closing) throw new DatabaseStopped();
    return inTurn(async () => work(await live));
  };
  return {
    ready: true,
    waitReady: Promise.resolve(),
    failed: failed.promise,
    get closed() {
      return closing !== undefined;
    },
    query: (sql: string, parameters: unknown[] = []) =>
      withSession((session) => query(session, sql, parameters)),
    exec: (sql) => withSession(async (session) => void (await session.ask({ kind: 'exec', sql }))),
    transaction: (work) => withSession((session) => transaction(session, work)),
    async close() {
      closing ??= inTurn(async () => {
        const session = await live.catch(() => undefined);
        await session?.ask({ kind: 'close' });
        await session?.whenEnded();
      });
      await closing;
    },
  };
}

/** More deaths than this within that time have a lasting cause, which an operator has to find. */
const MOST_DEATHS = 5;
const DEATHS_MS = 60_000;

async function query(
  session: PgliteSession,
  sql: string,
  parameters: unknown[] = [],
): Promise<any> {
  const { rows, json, affectedRows } = await session.ask({ kind: 'query', sql, parameters });
  return { rows: withJson(rows, json), affectedRows };
}

/** JSON arrives as text: copying objects between threads is slower, and overflows at a depth that nothing else limits. */
function withJson(rows: Answered['rows'], names: string[] = []) {
  for (const row of rows) {
    for (const name of names) {
      const text = row[name];
      if (typeof text === 'string') row[name] = readJson(text);
    }
  }
  return rows;
}

async function transaction<T>(
  session: PgliteSession,
  work: Parameters<PGlite['transaction']>[0],
): Promise<T> {
  const ask = (sql: string, parameters?: unknown[]) => query(session, sql, parameters);
  // Kysely's driver waits forever for its work to be called, so a transaction that could not begin fails inside that work.
  const begun = await ask('begin').then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  const refuse = () => Promise.reject(begun?.error);
  try {
    const result = await work({
      query: begun ? refuse : ask,
      rollback: () => (begun ? refuse() : ask('rollback')),
    });
    if (begun) throw begun.error;
    await ask('commit');
    return result as T;
  } catch (error) {
    // The original error says more than a failed rollback.
    await ask('rollback').catch(() => {});
    throw error;
  }
}

/** A transaction has the only connection to itself; requests made meanwhile wait for its end. */
function createTurns() {
  let last: Promise<unknown> = Promise.resolve();
  return <T>(work: () => Promise<T>): Promise<T> => {
    const done = last.then(work);
    last = done.catch(() => {});
    return done;
  };
}
