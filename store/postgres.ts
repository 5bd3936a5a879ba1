/** The PostgreSQL of DATABASE_URL: a pool, and words for when it cannot be reached. */
import { PostgresDialect } from 'kysely';
import pg from 'pg';
import { readJson } from './read-json.ts';

/**
 * Reaches the database once before it answers.
 * @throws Error naming host, port and database (never the password) and why it cannot be reached.
 */
export async function connectPostgres(url: string): Promise<PostgresDialect> {
  const place = describe(url);
  const pool = new pg.Pool({
    connectionString: url,
    application_name: 'meanwhile',
    // Statements are short; a process has few at once, and PostgreSQL allows 100 connections to all of them together.
    max: 10,
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    // A process that is paused in the middle of a transaction must not keep its conversation locked.
    idle_in_transaction_session_timeout: 10_000,
    types: { getTypeParser },
  });
  // A connection broke, idle or between two statements of a transaction. Whoever uses it is told by its next statement, and the
  // pool drops it; but an `error` event that nobody listens to ends the process, and with it every other conversation.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));

  try {
    const client = await pool.connect();
    client.release();
  } catch (error) {
    await pool.end();
    throw new Error(`Cannot reach the PostgreSQL of DATABASE_URL (${place}): ${why(error)}.`, {
      cause: error,
    });
  }
  return new PostgresDialect({ pool });
}

const JSON_TYPES = new Set<number>([pg.types.builtins.JSON, pg.types.builtins.JSONB]);

const getTypeParser: typeof pg.types.getTypeParser = (type: number, format?: any) =>
  JSON_TYPES.has(type) ? readJson : pg.types.getTypeParser(type, format);

function describe(url: string): string {
  if (!URL.canParse(url)) {
    throw new Error(
      'DATABASE_URL is not a URL like postgres://user:password@host:5432/database. ' +
        'Characters such as @, / or # in a password must be percent-encoded.',
    );
  }
  const { hostname, port, pathname, username, searchParams } = new URL(url);
  const host = searchParams.get('host') ?? (hostname || 'localhost');
  const database = decodeURIComponent(pathname.slice(1)) || username || 'the default one';
  return `host ${host}, port ${port || 5432}, database ${database}`;
}

/** A host with several addresses fails with an AggregateError, whose own message is empty. */
function why(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(why).join('; ');
  return error instanceof Error ? error.message : String(error);
}
