import { isUnavailable } from '../store/unavailable.ts';
import { retryWithBackoff } from './retry-with-backoff.ts';

/**
 * Retries while the store is unavailable. Any other error is thrown at once: the store would refuse the request again.
 * @param signal ends the attempts
 * @param warn called with each error before the retry
 */
export const waitForStore = <T>(
  ask: () => Promise<T>,
  signal: AbortSignal,
  warn: (error: unknown) => void = () => {},
): Promise<T> =>
  retryWithBackoff(ask, signal, (error) => {
    if (!isUnavailable(error)) throw error;
    warn(error);
  });
