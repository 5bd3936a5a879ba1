/** Connects to the PostgreSQL at DATABASE_URL, and explains why it cannot be reached. */
import { PostgresDialect } from 'kysely';
import pg from 'pg';
import { readJson } from './read-json.ts';
import { guardedPool } from './guarded-pool.ts';

/** Statements are short. The server cancels one after STATEMENT_MS; after ANSWER_MS we no longer wait for the server. */
const STATEMENT_MS = 4_500;
const ANSWER_MS = 5_000;
const CONNECT_MS = 2_500;

/** A pool that never waits long: it throws StoreUnavailable instead. */
export function connectPostgres(url: string): PostgresDialect {
  const pool = new pg.Pool({
    ...connectionTo(url),
    // A process runs few statements at once, and PostgreSQL by default allows 100 connections to all processes together.
    max: 10,
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    statement_timeout: STATEMENT_MS,
    // A process that is paused in the middle of a transaction must not keep its conversation locked.
    idle_in_transaction_session_timeout: 10_000,
    types: { getTypeParser },
  });
  return new PostgresDialect({ pool: guardedPool(pool, ANSWER_MS) });
}

/**
 * A single connection without a time limit on statements, for work that is done once at the start.
 * @throws Error naming host, port and database (never the password) and why it cannot be reached.
 */
export async function connectPatiently(url: string): Promise<PostgresDialect> {
  const place = describe(url);
  const options = { ...connectionTo(url), max: 1, connectionTimeoutMillis: 10_000 };
  const pool = new pg.Pool(options);
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  try {
    const client = await pool.connect();
    client.release();
  } catch (error) {
    await pool.end();
    throw new Error(`Cannot reach PostgreSQL at DATABASE_URL (${place}): ${why(error)}.`, {
      cause: error,
    });
  }
  return new PostgresDialect({ pool });
}

const JSON_TYPES = new Set<number>([pg.types.builtins.JSON, pg.types.builtins.JSONB]);

const getTypeParser: typeof pg.types.getTypeParser = (type: number, format?: any) =>
  JSON_TYPES.has(type) ? readJson : pg.types.getTypeParser(type, format);
const connectionTo = (url: string) => ({ connectionString: url, application_name: 'meanwhile' });

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
