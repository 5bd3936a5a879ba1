/** Turns whatever goes wrong with a model provider into a failure that says whether, and when, to ask again. */
import { ApplicationFailure } from '@temporalio/common';
import OpenAI from 'openai';
import { storableText } from '../contract/storable.ts';
import type { Usage } from '../contract/entry.ts';
import type { FailedReply } from '../contract/turn.ts';

/** Stable words: they appear in `reply.failed` and in the Temporal UI. */
export type ModelErrorType =
  /** Ask again later. */
  | 'ModelRateLimited'
  | 'ModelTimeout'
  | 'ModelUnreachable'
  | 'ModelUnavailable'
  | 'ModelBrokenAnswer'
  | 'ModelUnknown'
  /** Somebody has to change something first. */
  | 'ModelQuotaExceeded'
  | 'ModelAccessDenied'
  | 'ModelRequestRefused'
  | 'ModelContextTooLong'
  | 'ModelCutOff'
  | 'ModelContentFiltered'
  | 'ModelRefused';

/** What an adapter finds wrong with an answer that came with status 200. */
export class ModelError extends Error {
  override name = 'ModelError';
  readonly type: ModelErrorType;
  /** What the answer cost all the same. Undefined: the provider did not say. */
  readonly usage: Usage | undefined;
  constructor(type: ModelErrorType, message: string, usage?: Usage) {
    super(message);
    this.type = type;
    this.usage = usage && usage.input_tokens + usage.output_tokens > 0 ? usage : undefined;
  }
}

/** `last`: nobody will ask again, whatever it is. `now` is for a Retry-After that is a date. */
export function toFailure(
  error: unknown,
  { last = false, now = new Date() } = {},
): ApplicationFailure {
  const { type, message } = explain(error);
  const nonRetryable = last || FINAL.has(type);
  const usage = error instanceof ModelError ? error.usage : undefined;
  return ApplicationFailure.create({
    type,
    message: storableText(message.slice(0, MAX_MESSAGE_CHARS)),
    nonRetryable,
    nextRetryDelay: nonRetryable ? undefined : retryDelay(error, now),
    ...(usage && { details: [{ usage } satisfies FailedReply] }),
  });
}

const MAX_MESSAGE_CHARS = 500;

const FINAL: ReadonlySet<ModelErrorType> = new Set([
  'ModelQuotaExceeded',
  'ModelAccessDenied',
  'ModelRequestRefused',
  'ModelContextTooLong',
  'ModelCutOff',
  'ModelContentFiltered',
  'ModelRefused',
]);

function explain(error: unknown): { type: ModelErrorType; message: string } {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof ModelError) return { type: error.type, message };
  if (error instanceof OpenAI.APIConnectionTimeoutError) return { type: 'ModelTimeout', message };
  if (error instanceof OpenAI.APIConnectionError) {
    return { type: 'ModelUnreachable', message: `${message} ${causeOf(error)}`.trim() };
  }
  if (error instanceof OpenAI.APIError) {
    const type = typeOfApiError(error);
    // Providers quote parts of the key they refuse.
    if (type === 'ModelAccessDenied') {
      return { type, message: `The model provider refused access (${error.status}).` };
    }
    return { type, message };
  }
  if (error instanceof SyntaxError) return { type: 'ModelBrokenAnswer', message };
  // What fetch throws when the connection breaks in the middle of a stream.
  if (error instanceof TypeError && error.message === 'terminated') {
    return { type: 'ModelUnreachable', message: `The connection broke. ${causeOf(error)}`.trim() };
  }
  return { type: 'ModelUnknown', message };
}

/** An error inside a stream has no status, but a code: a word, or with some providers the status. */
function typeOfApiError({ status, code, type }: InstanceType<typeof OpenAI.APIError>) {
  const number = status ?? (/^\d{3}$/.test(String(code)) ? Number(code) : undefined);
  if (code === 'insufficient_quota') return 'ModelQuotaExceeded';
  if (code === 'context_length_exceeded') return 'ModelContextTooLong';
  if (number === 429 || code === 'rate_limit_exceeded') return 'ModelRateLimited';
  if (number === 401 || number === 403) return 'ModelAccessDenied';
  if (number === 408 || number === 504) return 'ModelTimeout';
  // 409 is a lock that was not free, 425 a replay that came too early.
  if (number === undefined || number >= 500 || number === 409 || number === 425) {
    return type === 'invalid_request_error' ? 'ModelRequestRefused' : 'ModelUnavailable';
  }
  return 'ModelRequestRefused';
}

/** Milliseconds, as the provider asks, but never longer than the cap. */
function retryDelay(error: unknown, now: Date): number | undefined {
  const headers = error instanceof OpenAI.APIError ? error.headers : undefined;
  const inMs = Number(headers?.get('retry-after-ms') ?? NaN);
  const after = headers?.get('retry-after') ?? undefined;
  const asked =
    [inMs, Number(after ?? NaN) * 1_000, Date.parse(after ?? '') - now.getTime()].find((ms) =>
      Number.isFinite(ms),
    ) ?? NaN;
  return Number.isNaN(asked) ? undefined : Math.min(Math.max(asked, 0), MAX_RETRY_DELAY_MS);
}

const MAX_RETRY_DELAY_MS = 60_000;

function causeOf({ cause }: Error): string {
  return cause instanceof Error ? `(${cause.message})` : '';
}
