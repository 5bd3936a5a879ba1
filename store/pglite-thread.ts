/** What runs in the thread: a PGlite, and a port through which it is asked. */
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';

export interface Opening {
  folder: string;
  startParams: string[];
}

export type Question = { id: number } & (
  | { type: 'query'; sql: string; parameters: unknown[] }
  | { type: 'exec'; sql: string }
  | { type: 'close' }
);

export type Answer = { id: number } & (
  | { ok: true; rows: unknown[]; affectedRows?: number }
  /** An error's own fields, such as `code`, and its message: a thread's message cannot carry the error itself. */
  | { ok: false; error: { message: string } }
);

/** The id of the answer that says whether the database was opened. */
export const OPENED = 0;

type Result = Pick<Answer & { ok: true }, 'rows' | 'affectedRows'>;

const NOTHING: Result = { rows: [] };

async function serve({ folder, startParams }: Opening): Promise<void> {
  const opening = PGlite.create(folder, { startParams });
  await answer(
    OPENED,
    opening.then(() => NOTHING),
  );
  const pglite = await opening;
  parentPort!.on('message', (question: Question) => {
    void answer(question.id, carryOut(pglite, question));
  });
}

async function carryOut(pglite: PGlite, question: Question): Promise<Result> {
  switch (question.type) {
    case 'query': {
      const { rows, affectedRows } = await pglite.query(question.sql, question.parameters);
      return { rows, affectedRows };
    }
    case 'exec':
      await pglite.exec(question.sql);
      return NOTHING;
    case 'close':
      await pglite.close();
      return NOTHING;
  }
}

async function answer(id: number, result: Promise<Result>): Promise<void> {
  const message: Answer = await result.then(
    (done) => ({ id, ok: true, ...done }),
    (error: Error) => ({ id, ok: false, error: { ...(error as object), message: error.message } }),
  );
  parentPort!.postMessage(message);
}

if (parentPort) await serve(workerData as Opening);
