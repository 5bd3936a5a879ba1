/** Derives the outcome of a call from the server's answer or from the error of the request. */
import { ProtocolError, SdkError, SdkErrorCode, SdkHttpError } from '@modelcontextprotocol/client';
import { ForbiddenAddress } from '../../security/remote/request.ts';
import type { McpOutcome, McpResult } from '../../tools/mcp-spool.ts';
import { CONNECTION_LOST, LOST_MESSAGE } from './wire.ts';

export function asResult(given: unknown): McpResult {
  const { content, structuredContent, isError } = (given ?? {}) as Partial<McpResult>;
  return {
    content: Array.isArray(content) ? content : [],
    ...(structuredContent !== undefined && { structuredContent }),
    ...(isError === true && { isError }),
  };
}

/** Replaces an outcome that is too large by a failure: the worker reads the whole outcome into memory. */
export function bounded(outcome: McpOutcome): McpOutcome {
  const { length } = JSON.stringify(outcome);
  if (length <= MOST_CHARS) return outcome;
  const message = `It was done, but its result has ${length} characters: at most ${MOST_CHARS} are allowed.`;
  return { type: 'failed', name: 'ResultTooLarge', message };
}

const MOST_CHARS = 32_000_000;

/**
 * The outcome of a call whose request failed.
 * @param stderr the end of the server's stderr; empty if there is none
 */
export function outcomeOf(error: unknown, stderr: string): McpOutcome {
  const words = messageOf(error);
  const message = withStderr(words, stderr);
  if (error instanceof ProtocolError) {
    if (error.code === CONNECTION_LOST && error.message.includes(LOST_MESSAGE)) {
      return { type: 'lost', message };
    }
    const needsMore = error.code === MISSING_CAPABILITY;
    return needsMore
      ? { type: 'failed', name: 'InputRequired', message: `${NOT_PASSED_ON} ${error.message}` }
      : { type: 'failed', name: 'ServerError', message: withData(error) };
  }
  if (isUnsent(error)) return { type: 'unavailable', message };
  if (error instanceof SdkHttpError) {
    const isRefused = error.status !== undefined && error.status < 500 && error.status !== 408;
    return isRefused
      ? { type: 'failed', name: 'ServerError', message, status: error.status }
      : { type: 'lost', message };
  }
  if (error instanceof SdkError && UNREADABLE.has(error.code)) {
    const why = `The server answered, but not with a result: ${words}`;
    return { type: 'failed', name: 'InvalidAnswer', message: why };
  }
  return { type: 'lost', message };
}

export const withStderr = (message: string, stderr: string) =>
  stderr === '' ? message : `${message}\nThe server wrote to stderr:\n${stderr}`;

/** Code of the error of a server that needs a capability which its client has not declared, such as sampling. */
const MISSING_CAPABILITY = -32_021;
const NOT_PASSED_ON = 'The server needs something that this service does not offer.';

const UNREADABLE = new Set<string>([
  SdkErrorCode.InvalidResult,
  SdkErrorCode.UnsupportedResultType,
  SdkErrorCode.ClientHttpUnexpectedContent,
]);

/** True if the connection was not opened, so that the server has received nothing. */
function isUnsent(error: unknown): boolean {
  const code = codeOf(error);
  const isRefused = code !== undefined && UNSENT.has(code);
  return isRefused || findCause(error, (cause) => cause instanceof ForbiddenAddress) !== undefined;
}

const UNSENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

function withData({ code, message, data }: ProtocolError): string {
  const more = data === undefined ? '' : `\n${JSON.stringify(data).slice(0, 2_000)}`;
  return `${message} (${code})${more}`;
}

/** The message of an error with that of its cause: `fetch` says only in the cause why it failed. */
export function messageOf(error: unknown): string {
  const { message, cause } = error as Error;
  const reason = cause === undefined ? '' : messageOf(cause) || (codeOf(cause) ?? '');
  const own = message || (codeOf(error) ?? '');
  return reason === '' || own.includes(reason) ? own : `${own}: ${reason}`;
}

/** The code of an error or of the nearest cause that has one, such as `ECONNREFUSED`. */
export function codeOf(error: unknown): string | undefined {
  const found = findCause(error, (cause) => typeof (cause as { code?: unknown }).code === 'string');
  return found && 'code' in found ? String(found.code) : undefined;
}

/** The error, or the nearest of its causes that fits. Looks at five levels. */
export function findCause(error: unknown, fits: (cause: object) => boolean): object | undefined {
  for (let each = error, depth = 0; depth < 5; depth += 1) {
    if (typeof each !== 'object' || each === null) return undefined;
    if (fits(each)) return each;
    each = (each as Error).cause ?? (each as AggregateError).errors?.[0];
  }
  return undefined;
}
