import {
  ActivityFailure,
  ApplicationFailure,
  ChildWorkflowFailure,
  isCancellation,
  TerminatedFailure,
  TimeoutFailure,
} from '@temporalio/workflow';
import type { Failure, Usage } from '../contract/entry.ts';
import { validate, tooLong } from '../contract/untrusted.ts';
import type { FailedReply, TooLong } from '../contract/reply.ts';
import { type ReachedLimit, TENANT_TOKENS_SPENT } from '../contract/limits.ts';
import { CALL_TERMINATED, type CallEnd } from '../contract/signals.ts';

/** An error for a client or a model: a type to branch on and a sentence. */
export function failureOf(error: unknown): Failure {
  const cause = causeOf(error);
  if (cause instanceof TerminatedFailure) return CALL_TERMINATED;
  if (cause instanceof ApplicationFailure) {
    return { type: cause.type ?? 'Error', message: cause.message };
  }
  if (isWorkerLost(error)) return WORKER_LOST;
  if (cause instanceof TimeoutFailure) {
    return { type: 'Timeout', message: `It did not answer in time (${cause.timeoutType}).` };
  }
  if (cause instanceof Error) return { type: cause.name, message: cause.message };
  return { type: 'Error', message: String(cause) };
}

/** A worker no longer sends heartbeats for an activity, and no other attempt follows. */
export function isWorkerLost(error: unknown): boolean {
  const cause = causeOf(error);
  return cause instanceof TimeoutFailure && cause.timeoutType === 'HEARTBEAT';
}

const WORKER_LOST: Failure = {
  type: 'WorkerLost',
  message: 'Its worker stopped before it ended; how far it got is unknown.',
};

const causeOf = (error: unknown) =>
  error instanceof ActivityFailure || error instanceof ChildWorkflowFailure
    ? (error.cause ?? error)
    : error;

/** The end of a call whose workflow could not report it. */
export const endOf = (error: unknown): CallEnd =>
  isCancellation(error) ? { type: 'cancelled' } : { type: 'failed', error: failureOf(error) };

/** An activity's result does not fit what this version can use. */
export const invalidResult = (why: string) =>
  ApplicationFailure.nonRetryable(`The result of the activity is invalid. ${why}`, 'InvalidResult');

/** The limit that stopped a reply. Undefined when it failed for another reason. */
export function limitOf(error: unknown): ReachedLimit | undefined {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (!(cause instanceof ApplicationFailure) || cause.type !== TENANT_TOKENS_SPENT)
    return undefined;
  const reached = cause.details?.[0] as ReachedLimit | undefined;
  return reached && { limit: reached.limit, value: reached.value };
}

/** The cost of a failed reply, as far as it is known. */
export const costOf = (error: unknown): Usage | undefined => detailOf(error)?.usage;

/** The details of a window that was refused as too long. Undefined when the reply failed for another reason. */
export const tooLongOf = (error: unknown): TooLong | undefined =>
  validate(tooLong, detailOf(error)?.too_long).value;

function detailOf(error: unknown): FailedReply | undefined {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  return cause instanceof ApplicationFailure
    ? (cause.details?.[0] as FailedReply | undefined)
    : undefined;
}
