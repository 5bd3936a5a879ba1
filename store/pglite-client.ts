/** PGlite in a thread of its own, so that the service does not stand still while its database works. */
import { Worker } from 'node:worker_threads';
import type { PGlite } from 'kysely';
import { type Answer, OPENED, type Opening, type Question } from './pglite-thread.ts';

/** What Kysely's dialect needs of PGlite, and `exec` for statements without parameters. */
export interface ThreadedPGlite extends PGlite {
  exec(sql: string): Promise<void>;
}

/** @throws what PGlite throws when the database cannot be opened. */
export async function startPGlite(opening: Opening): Promise<ThreadedPGlite> {
  const thread = new Worker(new URL('pglite-thread.ts', import.meta.url), { workerData: opening });
  const { ask, opened } = askThread(thread);
  try {
    await opened;
  } catch (error) {
    await thread.terminate();
    throw error;
  }

  const inTurn = createTurns();
  const query = (sql: string, parameters: unknown[] = []): Promise<any> =>
    ask({ type: 'query', sql, parameters });
  let closing: Promise<unknown> | undefined;
  return {
    ready: true,
    waitReady: Promise.resolve(),
    get closed() {
      return closing !== undefined;
    },
    query: (sql, parameters) => inTurn(() => query(sql, parameters)),
    exec: (sql) => inTurn(async () => void (await ask({ type: 'exec', sql }))),
    transaction: (work) =>
      inTurn(async () => {
        await query('begin');
        try {
          const result = await work({ query, rollback: () => query('rollback') });
          await query('commit');
          return result;
        } catch (error) {
          await query('rollback');
          throw error;
        }
      }),
    async close() {
      await (closing ??= inTurn(() => ask({ type: 'close' })));
      await thread.terminate();
    },
  };
}

type Unnumbered = Question extends infer Q ? (Q extends Question ? Omit<Q, 'id'> : never) : never;

function askThread(thread: Worker) {
  const waiting = new Map<number, PromiseWithResolvers<Answer & { ok: true }>>();
  let last = OPENED;
  let over: Error | undefined;
  const expect = (id: number) => {
    const answer = Promise.withResolvers<Answer & { ok: true }>();
    waiting.set(id, answer);
    return answer.promise;
  };
  const end = (error: Error) => {
    over ??= error;
    for (const { reject } of waiting.values()) reject(over);
    waiting.clear();
  };
  thread.on('message', (answer: Answer) => {
    const asker = waiting.get(answer.id);
    waiting.delete(answer.id);
    if (answer.ok) asker?.resolve(answer);
    else asker?.reject(Object.assign(new Error(answer.error.message), answer.error));
  });
  thread.on('error', end);
  thread.on('exit', () => end(new Error('The database has stopped.')));
  return {
    opened: expect(OPENED),
    ask(question: Unnumbered) {
      if (over) return Promise.reject(over);
      const id = ++last;
      const answer = expect(id);
      thread.postMessage({ id, ...question });
      return answer;
    },
  };
}

/** A transaction has the one connection for itself; what is asked meanwhile waits for its end. */
function createTurns() {
  let last: Promise<unknown> = Promise.resolve();
  return <T>(work: () => Promise<T>): Promise<T> => {
    const done = last.then(work);
    last = done.catch(() => {});
    return done;
  };
}
