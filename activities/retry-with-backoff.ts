import { setTimeout as sleep } from 'node:timers/promises';
import { raceAbort } from './race-abort.ts';

/**
 * Retries until an attempt succeeds, with a growing backoff.
 * @param signal ends the attempts
 * @param onError called with what an attempt threw; throws when there must be no further attempt
 * @throws what `onError` threw; the signal's reason
 */
export async function retryWithBackoff<T>(
  attempt: () => Promise<T>,
  signal: AbortSignal,
  onError: (error: unknown) => void,
): Promise<T> {
  for (let pause_ms = FIRST_PAUSE_MS; ; pause_ms = Math.min(2 * pause_ms, LONGEST_PAUSE_MS)) {
    signal.throwIfAborted();
    try {
      return await raceAbort(attempt(), signal);
    } catch (error) {
      signal.throwIfAborted();
      onError(error);
    }
    await raceAbort(sleep(pause_ms, undefined, { ref: false }), signal);
  }
}

const FIRST_PAUSE_MS = 50;
/** The longest backoff: a caller is waiting for the result. */
const LONGEST_PAUSE_MS = 2_500;
