/** Turns any error of a model provider into a failure that says whether, and when, to retry. */
import { ApplicationFailure } from '@temporalio/common';
import OpenAI from 'openai';
import { readRetryAfter } from '../contract/retry-after.ts';
import { storableText } from '../contract/storable.ts';
import { cut } from '../contract/stored.ts';
import type { FailedReply } from '../contract/reply.ts';
import { asCause } from './cause.ts';
import { costIn } from './cost.ts';
import { isTooLong, type ServerRefusal, type Sizes, sizesIn } from './server/too-long.ts';
import { isUnreadable } from './server/unreadable.ts';

/** Stable words: they appear in `reply.failed` and in the Temporal UI. */
export type ModelErrorType =
  /** Retryable. */
  | 'ModelRateLimited'
  | 'ModelTimeout'
  | 'ModelUnreachable'
  | 'ModelUnavailable'
  | 'ModelBrokenAnswer'
  | 'ModelUnknown'
  /** Not retryable until an operator changes something. */
  | 'ModelQuotaExceeded'
  | 'ModelAccessDenied'
  | 'ModelRequestRefused'
  | 'ModelContextTooLong'
  | 'ModelCutOff'
  /** The provider's content filter cut the answer off. */
  | 'ModelContentFiltered'
  /** The content filter refused the request. The next one leaves out what was new in it. */
  | 'ModelPromptFiltered'
  | 'ModelRefused'
  /** The model was asked twice, and both answers were empty. */
  | 'ModelSilent';

/** An error that an adapter finds in an answer with status 200. */
export class ModelError extends Error {
  override name = 'ModelError';
  readonly type: ModelErrorType;
  constructor(type: ModelErrorType, message: string) {
    super(message);
    this.type = type;
  }
}

/** What the operator has to know about a provider's error in addition to its message. Part of the failure's details. */
export interface ProviderFacts {
  status?: number;
  code?: string;
  request_id?: string;
  /** `x-should-retry`, if the provider sends it. */
  should_retry?: boolean;
}

/**
 * @param options.now the time to which a Retry-After with a date refers
 * @param options.details merged into the failure's details, beside the provider's facts and the cost
 */
export function toFailure(
  error: unknown,
  { now = new Date(), details }: { now?: Date; details?: FailedReply } = {},
): ApplicationFailure {
  const { type, message } = explain(error);
  const facts = factsOf(error);
  const nonRetryable = isFinal(type, facts?.should_retry);
  const usage = costIn(error);
  return ApplicationFailure.create({
    type,
    message: withRequestId(message, facts?.request_id),
    nonRetryable,
    nextRetryDelay: nonRetryable ? undefined : retryDelay(error, now),
    cause: causeOf(error, type),
    details:
      facts || usage || details
        ? [{ ...(facts && { provider: facts }), ...(usage && { usage }), ...details }]
        : undefined,
  });
}

/** The type of the failure that `toFailure` makes of an error. */
export const modelErrorTypeOf = (error: unknown) => explain(error).type;

const MAX_MESSAGE_CHARS = 500;

function withRequestId(message: string, id: string | undefined): string {
  const suffix = id === undefined ? '' : ` (request ${id})`;
  return storableText(cut(message, 0, MAX_MESSAGE_CHARS - suffix.length) + suffix);
}

const FINAL: ReadonlySet<ModelErrorType> = new Set([
  'ModelQuotaExceeded',
  'ModelAccessDenied',
  'ModelRequestRefused',
  'ModelContextTooLong',
  'ModelCutOff',
  'ModelContentFiltered',
  'ModelPromptFiltered',
  'ModelRefused',
  'ModelSilent',
]);

/** The provider decides whether to retry, except for a request that is too long, which fails however often it is sent. */
function isFinal(type: ModelErrorType, should_retry: boolean | undefined): boolean {
  if (type === 'ModelContextTooLong') return true;
  return should_retry === undefined ? FINAL.has(type) : !should_retry;
}

function explain(error: unknown): { type: ModelErrorType; message: string } {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof ModelError) return { type: error.type, message };
  if (error instanceof OpenAI.APIConnectionTimeoutError) return { type: 'ModelTimeout', message };
  if (error instanceof OpenAI.APIConnectionError) {
    return { type: 'ModelUnreachable', message: `${message} ${reasonOf(error)}`.trim() };
  }
  if (error instanceof OpenAI.APIError) {
    const type = typeOfApiError(error);
    // Providers quote parts of the key they refuse.
    if (type === 'ModelAccessDenied') {
      const status = error.status ?? 'inside its answer';
      return { type, message: `The model provider refused access (${status}).` };
    }
    return { type, message };
  }
  if (error instanceof SyntaxError) return { type: 'ModelBrokenAnswer', message };
  // The error of fetch when the connection breaks in the middle of a stream.
  if (error instanceof TypeError && error.message === 'terminated') {
    return { type: 'ModelUnreachable', message: `The connection broke. ${reasonOf(error)}`.trim() };
  }
  if (
    error instanceof TypeError ||
    error instanceof RangeError ||
    error instanceof ReferenceError
  ) {
    // The error's own message would be about our code. It is in the cause.
    return { type: 'ModelUnknown', message: "The model's answer could not be read." };
  }
  return { type: 'ModelUnknown', message };
}

type ApiError = InstanceType<typeof OpenAI.APIError>;

/** An error inside a stream has no status, but a code: a word, or with some providers the status. */
function typeOfApiError(error: ApiError): ModelErrorType {
  const { status, code, type } = error;
  const refusal = refusalOf(error);
  const number = statusOf(error);
  if (NO_QUOTA.test(`${code} ${type}`)) return 'ModelQuotaExceeded';
  if (isUnreadable(refusal)) return 'ModelBrokenAnswer';
  if (isTooLong(refusal)) return 'ModelContextTooLong';
  if (isPromptFiltered(error)) return 'ModelPromptFiltered';
  if (number === 429 || RATE_LIMITED.test(`${code} ${type}`)) return 'ModelRateLimited';
  if (number === 401 || number === 403) return 'ModelAccessDenied';
  if (number === 402) return 'ModelQuotaExceeded';
  if (number === 408 || number === 504) return 'ModelTimeout';
  if (status === undefined && FILTERED.test(`${code} ${type}`)) return 'ModelContentFiltered';
  if (number === undefined || number >= 500 || FOR_NOW.has(number)) {
    return REFUSED.test(`${code} ${type}`) ? 'ModelRequestRefused' : 'ModelUnavailable';
  }
  return 'ModelRequestRefused';
}

const NO_QUOTA = /insufficient_(quota|balance|credits?|funds)|exceeded_current_quota/;

/**
 * A lock that was not free, an upstream that failed, a replay that came too early, a capacity that is used up (Groq), a request
 * that a gateway cancelled (Google).
 */
const FOR_NOW: ReadonlySet<number> = new Set([409, 424, 425, 498, 499]);

/** Whether a content filter refused the request before the answer began. Inside a stream, the answer was filtered. */
function isPromptFiltered(error: ApiError): boolean {
  const { status } = error;
  if (status === undefined || ![400, 403, 422, 451].includes(status)) return false;
  const { code = '', type = '', words } = refusalOf(error);
  return FILTERED.test(`${code} ${type}`) || FILTER_WORDS.test(words);
}

const FILTER_WORDS =
  /content[ _-](management|filter|policy)|data[ _]?inspection|usage (policy|policies|guidelines)|(inappropriate|unsafe|sensitive|harmful) (content|material|information)|content exists risk|considered high risk|flagged (as|by|for)|censorship|敏感|不安全|违规/i;

const RATE_LIMITED = /rate_limit|too_many_requests/i;
const FILTERED = /content_filter|content_policy|safety/i;
/** Codes and types of requests that fail however often they are sent. */
const REFUSED =
  /invalid_(request|prompt|argument|image|value|type|api|function)|bad_request|invalid_argument|unsupported_|not_found|missing_|validation/i;

function statusOf({ status, code }: ApiError): number | undefined {
  return status ?? (/^\d{3}$/.test(String(code)) ? Number(code) : undefined);
}

export function refusalOf(error: ApiError): ServerRefusal {
  const { code, type } = error;
  return {
    status: statusOf(error),
    ...(typeof code === 'string' && { code }),
    ...(typeof type === 'string' && { type }),
    words: `${error.message} ${asText(error.error)}`.slice(0, MOST_WORDS),
  };
}

const MOST_WORDS = 4_000;

const asText = (value: unknown) => (value === undefined ? '' : (JSON.stringify(value) ?? ''));

/** The sizes that the provider names when the conversation is too long. Undefined if it names none. */
export const sizesOf = (error: unknown): Sizes | undefined =>
  error instanceof OpenAI.APIError ? sizesIn(refusalOf(error).words) : undefined;

function factsOf(error: unknown): ProviderFacts | undefined {
  if (!(error instanceof OpenAI.APIError) || error instanceof OpenAI.APIConnectionError) {
    return undefined;
  }
  const header = (name: string) => error.headers?.get(name) ?? undefined;
  const status = statusOf(error);
  // Some providers send a number, whatever its type says.
  const code: unknown = error.code;
  const request_id = REQUEST_IDS.map(header)
    .find((id) => id !== undefined)
    ?.slice(0, 100);
  const should_retry = SHOULD_RETRY[header('x-should-retry') ?? ''];
  return {
    ...(status !== undefined && { status }),
    ...((typeof code === 'string' || typeof code === 'number') && {
      code: String(code).slice(0, 100),
    }),
    ...(request_id !== undefined && { request_id }),
    ...(should_retry !== undefined && { should_retry }),
  };
}

const REQUEST_IDS = ['x-request-id', 'request-id', 'apim-request-id', 'x-amzn-requestid', 'cf-ray'];
const SHOULD_RETRY: Record<string, boolean | undefined> = { true: true, false: false };

/** The delay that the provider asks for, capped. Milliseconds. */
function retryDelay(error: unknown, now: Date): number | undefined {
  if (!(error instanceof OpenAI.APIError)) return undefined;
  const { headers } = error;
  const inMs = Number(headers?.get('retry-after-ms') ?? NaN);
  if (Number.isFinite(inMs)) return bounded(inMs);
  const after = readRetryAfter(headers?.get('retry-after'), now.getTime(), MAX_RETRY_DELAY_MS);
  const inWords = delayInWords(refusalOf(error).words);
  return after ?? (Number.isNaN(inWords) ? undefined : bounded(inWords));
}

const bounded = (delay_ms: number) => Math.min(Math.max(delay_ms, 0), MAX_RETRY_DELAY_MS);

/** The delay in milliseconds from the text of a refusal, as some providers give it. NaN if there is none. */
function delayInWords(words: string): number {
  const [, amount, unit] =
    /(?:try again in|retry (?:in|after)|"retryDelay": ?"|"retry_after": ?)\s*(\d+(?:\.\d+)?) ?(ms|s|m|h)?/i.exec(
      words,
    ) ?? [];
  if (amount === undefined) return NaN;
  const factor = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }[unit?.toLowerCase() ?? 's'] ?? 1_000;
  return Math.ceil(Number(amount) * factor);
}

const MAX_RETRY_DELAY_MS = 60_000;

/** The innermost cause: the errors around it only say that something failed. */
function reasonOf({ cause }: Error): string {
  if (!(cause instanceof Error)) return '';
  if (cause.cause instanceof Error) return reasonOf(cause);
  const { code } = cause as { code?: unknown };
  return `(${cause.message || String(code)})`;
}

/** Undefined if the error may quote a key, and for our own errors, which are complete. */
function causeOf(error: unknown, type: ModelErrorType): Error | undefined {
  const isTold = error instanceof ModelError || type === 'ModelAccessDenied';
  return error instanceof Error && !isTold ? asCause(error) : undefined;
}
