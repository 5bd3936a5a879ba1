/** The code of the thread, which runs PGlite and answers requests through a port. */
import { mkdirSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite, types } from '@electric-sql/pglite';
import { openLeanPGlite } from './lean-pglite.ts';
import { createStatements, type Statements } from './pglite-statements.ts';
import { copyTemplate } from './template.ts';

export interface ThreadOptions {
  /** Created if necessary. */
  folder: string;
}

export type ThreadRequest = { id: number } & (
  | { kind: 'query'; sql: string; parameters: unknown[] }
  | { kind: 'exec'; sql: string }
  | { kind: 'close' }
);

export type ThreadResponse = { id: number } &
  /** The columns listed in `json` are JSON, as text. */
  (
    | { ok: true; rows: Record<string, unknown>[]; json?: string[]; affectedRows?: number }
    /** The error's own fields, such as `code`, and its message: a message between threads cannot carry the error itself. */
    | { ok: false; error: { message: string } }
  );

/** The id of the first answer: whether the database was opened. */
export const OPENED = 0;

type Result = Omit<ThreadResponse & { ok: true }, 'id' | 'ok'>;

const NOTHING: Result = { rows: [] };

async function serve({ folder }: ThreadOptions): Promise<void> {
  const opening = open(folder);
  await answer(
    OPENED,
    opening.then(() => NOTHING),
  );
  const pglite = await opening;
  const statements = createStatements(pglite, AS_TEXT);
  parentPort!.on('message', (question: ThreadRequest) => {
    void answer(question.id, carryOut(pglite, statements, question));
  });
}

async function open(folder: string): Promise<PGlite> {
  await copyTemplate(folder);
  mkdirSync(folder, { recursive: true });
  // Bounds the write-ahead log after a checkpoint; PostgreSQL's default of a gigabyte is meant for servers.
  const wal = ['-c', 'max_wal_size=64MB', '-c', 'min_wal_size=32MB'];
  // PGlite's default of 128 MB is all resident, and the host's own cache holds the files as well.
  const buffers = ['-c', 'shared_buffers=32MB'];
  return openLeanPGlite(folder, {
    startParams: [...PGlite.defaultStartParams, ...wal, ...buffers],
  });
}

async function carryOut(
  pglite: PGlite,
  statements: Statements,
  question: ThreadRequest,
): Promise<Result> {
  switch (question.kind) {
    case 'query': {
      const { sql, parameters } = question;
      const { rows, fields, affectedRows } = await statements.query<Result['rows'][number]>(
        sql,
        parameters,
      );
      const json = fields.filter(({ dataTypeID: type }) => JSON_TYPES.has(type));
      return { rows, json: json.map(({ name }) => name), affectedRows };
    }
    case 'exec':
      await pglite.exec(question.sql);
      return NOTHING;
    case 'close':
      await pglite.close();
      // Nothing else keeps the thread alive.
      parentPort!.unref();
      return NOTHING;
  }
}

const asText = (text: string) => text;
const AS_TEXT = { [types.JSON]: asText, [types.JSONB]: asText };
const JSON_TYPES = new Set<number>([types.JSON, types.JSONB]);

/** An error that PostgreSQL reports for a statement is an answer. After any other error, PGlite's state is unknown. */
const isFatal = ({ name, severity }: Error & { severity?: string }) =>
  FATAL.has(name) || severity === 'FATAL' || severity === 'PANIC';
const FATAL = new Set(['RuntimeError', 'RangeError', 'ExitStatus']);

/** @throws a fatal error, which ends the thread: the client then opens the database again */
async function answer(id: number, result: Promise<Result>): Promise<void> {
  const message: ThreadResponse = await result.then(
    (done) => ({ id, ok: true, ...done }),
    (error: Error) => {
      if (isFatal(error)) throw error;
      return { id, ok: false, error: { ...fieldsOf(error), message: error.message } };
    },
  );
  parentPort!.postMessage(message);
}

/** The fields of an error that a message can carry: PGlite adds the query and its parsers, which are functions. */
const fieldsOf = (error: Error) =>
  Object.fromEntries(
    Object.entries(error).filter(([, value]) => ['string', 'number'].includes(typeof value)),
  );

if (parentPort) await serve(workerData as ThreadOptions);
