/**
 * Whether an error means that the store cannot be reached at the moment, or has no room, and may do the same gladly later. Everything else
 * (a statement it refuses, a bug of ours) is not mended by waiting.
 */
export function isAway(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof AggregateError && cause.errors.some(isAway)) return true;
    const { code } = cause as { code?: unknown };
    if (typeof code === 'string' && (NO_ANSWER.has(code) || LATER.test(code))) return true;
    if (code === undefined && NOT_CONNECTED.test(cause.message)) return true;
  }
  return false;
}

/** Of the operating system. */
const NO_ANSWER: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
]);

/** SQLSTATE: connection lost, no resources, operator at work, and transactions that got in each other's way. Not: a query was cancelled. */
const LATER = /^(08...|53...|57P0.|25P0.|40001|40P01|55P03)$/;

/** What the drivers say without a code. */
const NOT_CONNECTED =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Client was closed|The database has stopped)/;
