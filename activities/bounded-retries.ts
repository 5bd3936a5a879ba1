import { ApplicationFailure, Context } from '@temporalio/activity';
import { isUnavailable } from '../store/unavailable.ts';
import { retryWithBackoff } from './retry-with-backoff.ts';

const TRIES = 3;

/**
 * Bounds the retries of an activity that Temporal retries without end, because it waits for something. An ApplicationFailure and
 * an unavailable store are left to Temporal. Any other error is retried a few times and then fails the activity.
 * @throws ApplicationFailure `InternalError`, non-retryable
 */
export function withBoundedRetries<T>(work: () => Promise<T>): Promise<T> {
  let tries = 0;
  return retryWithBackoff(work, Context.current().cancellationSignal, (error) => {
    if (error instanceof ApplicationFailure || isUnavailable(error)) throw error;
    tries += 1;
    if (tries < TRIES) return;
    const name = error instanceof Error ? error.name : typeof error;
    throw ApplicationFailure.create({
      type: 'InternalError',
      message: `The service failed unexpectedly (${name}). Its log and the Temporal UI say more.`,
      nonRetryable: true,
      cause: error instanceof Error ? error : new Error(String(error)),
    });
  });
}
