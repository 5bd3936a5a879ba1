/** What a server's answer, or an error in its place, says about the call. */
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

/** The worker reads it whole. */
export function bounded(outcome: McpOutcome): McpOutcome {
  const { length } = JSON.stringify(outcome);
  if (length <= MOST_CHARS) return outcome;
  const message = `It was done, but its result has ${length} characters: at most ${MOST_CHARS} are allowed.`;
  return { type: 'failed', name: 'ResultTooLarge', message };
}

const MOST_CHARS = 32_000_000;

/** What an error says about the call that it ended. */
export function outcomeOf(error: unknown, said: string): McpOutcome {
  const words = messageOf(error);
  const message = said === '' ? words : `${words}\nThe server said:\n${said}`;
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

/** The server needs its client to do something that was not declared, such as asking a person. */
const MISSING_CAPABILITY = -32_021;
const NOT_PASSED_ON = 'The server needs something that this service does not offer.';

const UNREADABLE = new Set<string>([
  SdkErrorCode.InvalidResult,
  SdkErrorCode.UnsupportedResultType,
  SdkErrorCode.ClientHttpUnexpectedContent,
]);

/** The connection was not even opened. */
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

/** `fetch` says only that it has failed: its cause says why. */
export function messageOf(error: unknown): string {
  const { message, cause } = error as Error;
  const reason = cause === undefined ? '' : messageOf(cause) || (codeOf(cause) ?? '');
  const own = message || (codeOf(error) ?? '');
  return reason === '' || own.includes(reason) ? own : `${own}: ${reason}`;
}

export function codeOf(error: unknown): string | undefined {
  const found = findCause(error, (cause) => typeof (cause as { code?: unknown }).code === 'string');
  return found && 'code' in found ? String(found.code) : undefined;
}

export function findCause(error: unknown, fits: (cause: object) => boolean): object | undefined {
  for (let each = error, depth = 0; depth < 5; depth += 1) {
    if (typeof each !== 'object' || each === null) return undefined;
    if (fits(each)) return each;
    each = (each as Error).cause ?? (each as AggregateError).errors?.[0];
  }
  return undefined;
}
