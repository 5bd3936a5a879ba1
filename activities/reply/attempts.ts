/**
 * Attempts at asking a model, each of which may cost money. Every error of the model counts, and `most` of them fail the activity.
 * A worker that was lost or shut down does not count, nor does an unavailable store. The count travels in the heartbeat, so it
 * outlives its worker.
 */
import { ApplicationFailure, Context } from '@temporalio/activity';
import { z } from 'zod';
import { type Usage, usage } from '../../contract/entry.ts';
import type { FailedReply } from '../../contract/reply.ts';
import { addUsage } from '../../contract/usage.ts';
import { asCause } from '../../model/cause.ts';
import { isUnavailable } from '../../store/unavailable.ts';
import { withHeartbeat } from './heartbeat.ts';

const counted = z.object({ failed: z.int().min(0), usage: usage.optional() });

type Counted = z.infer<typeof counted>;

/**
 * @param most the number of errors after which the failure is final
 * @throws ApplicationFailure with a type, for everything except a cancellation: `InternalError` for unexpected errors,
 * `StoreAway`, `WorkerLost` when it loses one worker after another
 */
export async function withAttempts<T>(most: number, work: () => Promise<T>): Promise<T> {
  const context = Context.current();
  const { attempt, heartbeatDetails } = context.info;
  const before = counted.safeParse(heartbeatDetails);
  let count: Counted = before.success ? before.data : { failed: 0 };
  if (attempt - 1 - count.failed >= MOST_LOST) throw lost(count);
  const tried = async () => {
    try {
      return await work();
    } catch (error) {
      const { aborted, reason } = context.cancellationSignal;
      if (aborted) throw reason;
      if (isUnavailable(error)) throw storeAway(error);
      count = { failed: count.failed + 1, ...sum(count.usage, costOf(error)) };
      // Temporal stores it with the failure, for the next attempt.
      context.heartbeat(count);
      throw counting(error, count, most);
    }
  };
  return withHeartbeat(tried, HEARTBEAT_MS, () => count);
}

const HEARTBEAT_MS = 1_000;
/** A worker may be killed now and then; a request that loses this many is itself at fault. */
const MOST_LOST = 100;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

/** The cost that a failure reports. */
export function costOf(error: unknown): Usage | undefined {
  const [detail] = (error instanceof ApplicationFailure && error.details) || [];
  return (detail as FailedReply | undefined)?.usage;
}

function sum(one?: Usage, other?: Usage): { usage?: Usage } {
  if (!one || !other) return one || other ? { usage: one ?? other } : {};
  return { usage: addUsage(one, other) };
}

function counting(error: unknown, count: Counted, most: number): ApplicationFailure {
  const { failed, usage } = count;
  const { type, message, cause, details, nextRetryDelay, ...given } = foreseen(error);
  const nonRetryable = given.nonRetryable === true || failed >= most;
  const pause_ms = Math.min(FIRST_PAUSE_MS * 2 ** (failed - 1), LONGEST_PAUSE_MS);
  return ApplicationFailure.create({
    type: type ?? 'InternalError',
    message,
    cause,
    details: usage ? [{ ...(details?.[0] as object), usage }] : (details ?? undefined),
    nonRetryable,
    nextRetryDelay: nonRetryable ? undefined : (nextRetryDelay ?? pause_ms),
  });
}

/** Unexpected errors are not shown as they are: their messages are for the Temporal UI and the worker's log. */
function foreseen(error: unknown): ApplicationFailure {
  if (error instanceof ApplicationFailure) return error;
  const name = error instanceof Error ? error.name : typeof error;
  return ApplicationFailure.create({
    type: 'InternalError',
    message: `The service failed unexpectedly (${name}). Its log and the Temporal UI say more.`,
    cause: asCause(error instanceof Error ? error : new Error(String(error))),
  });
}

const storeAway = (cause: unknown) =>
  ApplicationFailure.create({
    type: 'StoreAway',
    message: 'The store cannot be reached.',
    cause: cause as Error,
  });

const lost = ({ usage }: Counted) =>
  ApplicationFailure.nonRetryable(
    `${MOST_LOST} workers in a row died during this step, so it is not retried.`,
    'WorkerLost',
    ...(usage ? [{ usage } satisfies FailedReply] : []),
  );
