/** One thread that runs PGlite, from its start to its end. */
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { leanThread } from '../threads/lean-thread.ts';
import {
  type ThreadResponse,
  OPENED,
  type ThreadOptions,
  type ThreadRequest,
} from './pglite-thread.ts';

export type Answered = ThreadResponse & { ok: true };
type Unnumbered = ThreadRequest extends infer Q
  ? Q extends ThreadRequest
    ? Omit<Q, 'id'>
    : never
  : never;

export interface PgliteSession {
  /** @throws what PGlite throws; DatabaseStopped once the thread has ended */
  ask(question: Unnumbered): Promise<Answered>;
  /**
   * Resolves when the thread has ended, and another may open the same folder. Call it after `close` or an error. A thread that does not
   * end within 5 seconds is terminated.
   */
  whenEnded(): Promise<void>;
}

/** Whether a request under way took effect is unknown. The code is PostgreSQL's own for a server that crashed. */
export class DatabaseStopped extends Error {
  override name = 'DatabaseStopped';
  readonly code = '57P02';
  constructor(why = '') {
    super(why === '' ? 'The database has stopped.' : `The database has stopped: ${why}.`);
  }
}

/**
 * @param ended called once, as soon as the thread has ended or its answers cannot be read, before pending requests are rejected
 * @throws what PGlite throws if the database cannot be opened
 */
export async function openSession(
  opening: ThreadOptions,
  ended: (error: DatabaseStopped) => void,
  start: (opening: ThreadOptions) => Worker = startThread,
): Promise<PgliteSession> {
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
  thread.on('message', (answer: ThreadResponse) => {
    const asker = waiting.get(answer.id);
    waiting.delete(answer.id);
    if (answer.ok) asker?.resolve(answer);
    else asker?.reject(Object.assign(new Error(answer.error.message), answer.error));
  });
  const because = (error: unknown) =>
    end(error instanceof Error ? (error.message || error.name).replace(/\.$/, '') : String(error));
  // An answer that cannot be read has no id: its request would wait forever, and so would all later ones.
  thread.on('messageerror', (error) => {
    because(error);
    void thread.terminate();
  });
  thread.on('error', because);
  const exit = new Promise<void>((resolve) => {
    thread.on('exit', () => {
      end();
      resolve();
    });
  });
  // Not terminated at once: Node.js may crash when it interrupts a thread that runs WebAssembly.
  const whenEnded = async () => {
    const late = setTimeout(() => void thread.terminate(), ENDS_MS);
    await exit;
    clearTimeout(late);
  };

  try {
    await expect(OPENED);
  } catch (error) {
    await whenEnded();
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
    whenEnded,
  };
}

const ENDS_MS = 5_000;

export const startThread = (opening: ThreadOptions) =>
  new Worker(new URL(`pglite-thread${extname(import.meta.filename)}`, import.meta.url), {
    ...leanThread(),
    workerData: opening,
    name: 'store',
  });
