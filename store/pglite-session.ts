/** One thread with a PGlite in it, from its beginning to its end. */
import { Worker } from 'node:worker_threads';
import { type Answer, OPENED, type Opening, type Question } from './pglite-thread.ts';

export type Answered = Answer & { ok: true };
type Unnumbered = Question extends infer Q ? (Q extends Question ? Omit<Q, 'id'> : never) : never;

export interface Session {
  /** @throws what PGlite throws; DatabaseStopped once the thread has ended */
  ask(question: Unnumbered): Promise<Answered>;
  /** Resolves when the thread is no more: then another may open the same folder. */
  terminate(): Promise<void>;
}

/** Nobody knows what became of a question that was under way. The code is PostgreSQL's own for a server that crashed. */
export class DatabaseStopped extends Error {
  override name = 'DatabaseStopped';
  readonly code = '57P02';
  constructor(why = '') {
    super(why === '' ? 'The database has stopped.' : `The database has stopped: ${why}.`);
  }
}

/**
 * @param ended is told once, as soon as the thread has ended or cannot be understood any longer, before anybody who waits for an answer
 * @throws what PGlite throws when the database cannot be opened
 */
export async function openSession(
  opening: Opening,
  ended: (error: DatabaseStopped) => void,
  start: (opening: Opening) => Worker = startThread,
): Promise<Session> {
  const thread = start(opening);
  const waiting = new Map<number, PromiseWithResolvers<Answered>>();
  let last = OPENED;
  let over: DatabaseStopped | undefined;
  let isOpen = false;

  const expect = (id: number) => {
    const answer = Promise.withResolvers<Answered>();
    waiting.set(id, answer);
    return answer.promise;
  };
  const end = (why?: string) => {
    if (over) return;
    over = new DatabaseStopped(why);
    if (isOpen) ended(over);
    for (const { reject } of waiting.values()) reject(over);
    waiting.clear();
  };
  thread.on('message', (answer: Answer) => {
    const asker = waiting.get(answer.id);
    waiting.delete(answer.id);
    if (answer.ok) asker?.resolve(answer);
    else asker?.reject(Object.assign(new Error(answer.error.message), answer.error));
  });
  const because = (error: unknown) =>
    end(error instanceof Error ? (error.message || error.name).replace(/\.$/, '') : String(error));
  // An answer that cannot be read has no id: whoever waits for it would wait for ever, and all others behind.
  thread.on('messageerror', because);
  thread.on('error', because);
  thread.on('exit', () => end());

  const terminate = async () => void (await thread.terminate());
  try {
    await expect(OPENED);
  } catch (error) {
    await terminate();
    throw error;
  }
  isOpen = true;
  return {
    ask(question) {
      if (over) return Promise.reject(over);
      const id = ++last;
      const answer = expect(id);
      thread.postMessage({ id, ...question });
      return answer;
    },
    terminate,
  };
}

export const startThread = (opening: Opening) =>
  new Worker(new URL('pglite-thread.ts', import.meta.url), {
    workerData: opening,
    name: 'store',
  });
