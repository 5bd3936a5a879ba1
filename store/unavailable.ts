/**
 * Defines when the store is unavailable: only here is "try again later" distinguished from a fault in a statement. The server's own
 * codes (https://www.postgresql.org/docs/current/errcodes-appendix.html) decide, and PGlite has them too. guarded-pool.ts detects
 * failures of the connection to the server.
 */
import type { Store } from './store.ts';

/** The store is unreachable, does not answer in time, or has just broken the connection. The same request may succeed later. */
export class StoreUnavailable extends Error {
  override name = 'StoreUnavailable';
  /** False when the request has certainly not taken effect. */
  readonly mayBeDone: boolean;

  constructor(message: string, { mayBeDone, cause }: { mayBeDone: boolean; cause?: unknown }) {
    super(message, { cause });
    this.mayBeDone = mayBeDone;
  }
}

/** Whether the store's unavailability caused the error, however it was wrapped on the way. */
export function isUnavailable(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof StoreUnavailable) return true;
  }
  return false;
}

/** The same store, whose methods throw StoreUnavailable when that is the cause. */
export function tellUnavailable(store: Store): Store {
  const methods = Object.entries(store).map(([name, method]: [string, any]) => [
    name,
    async (...args: unknown[]) => {
      try {
        return await method(...args);
      } catch (error) {
        throw unavailability(error) ?? error;
      }
    },
  ]);
  return Object.fromEntries(methods);
}

function unavailability(error: unknown): StoreUnavailable | undefined {
  if (error instanceof StoreUnavailable || !(error instanceof Error)) return undefined;
  const code = (error as { code?: unknown }).code;
  if (typeof code !== 'string' || !(PASSING.has(code) || PASSING.has(code.slice(0, 2)))) {
    return undefined;
  }
  const mayBeDone = BROKEN_OFF.has(code) || BROKEN_OFF.has(code.slice(0, 2));
  return new StoreUnavailable(`The store cannot answer now: ${error.message}.`, {
    mayBeDone,
    cause: error,
  });
}

/** The connection is gone; the answer may have been lost with it. */
const BROKEN_OFF: ReadonlySet<string> = new Set([
  '08', // connection exceptions
  '57P01', // admin_shutdown
  '57P02', // crash_shutdown
  '57P05', // idle_session_timeout
  '25P03', // idle_in_transaction_session_timeout
]);

const PASSING: ReadonlySet<string> = new Set([
  ...BROKEN_OFF,
  '53', // insufficient resources: connections, disk, memory
  '58', // system errors, such as io_error
  '57P03', // cannot_connect_now: the server starts up or shuts down
  '57014', // query_canceled: the statement took longer than statement_timeout
  '55P03', // lock_not_available
  '40001', // serialization_failure
  '40P01', // deadlock_detected
  '25006', // read_only_sql_transaction: a standby that is about to take over
]);

/** Whether a server error with this code leaves the connection unusable. */
export const isBrokenOff = (code: string | undefined) =>
  code !== undefined && (BROKEN_OFF.has(code) || BROKEN_OFF.has(code.slice(0, 2)));
