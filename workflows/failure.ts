import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/workflow';
import type { Failure } from '../contract/entry.ts';
import { type ReachedLimit, TENANT_TOKENS_SPENT } from '../contract/limits.ts';

/** What a reader or a model can be told of an error: a word to branch on and a sentence. */
export function failureOf(error: unknown): Failure {
  const cause = error instanceof ActivityFailure ? (error.cause ?? error) : error;
  if (cause instanceof ApplicationFailure) {
    return { type: cause.type ?? 'Error', message: cause.message };
  }
  if (cause instanceof TimeoutFailure) {
    return { type: 'Timeout', message: `It did not answer in time (${cause.timeoutType}).` };
  }
  if (cause instanceof Error) return { type: cause.name, message: cause.message };
  return { type: 'Error', message: String(cause) };
}

/** The limit that has stopped a reply; undefined: it failed for another reason. */
export function limitOf(error: unknown): ReachedLimit | undefined {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (!(cause instanceof ApplicationFailure) || cause.type !== TENANT_TOKENS_SPENT)
    return undefined;
  return cause.details?.[0] as ReachedLimit | undefined;
}
