import { isUnavailable } from '../store/unavailable.ts';
import { insist } from './insist.ts';

/**
 * Retries while the store is unavailable. What the store refuses is thrown at once: it would be refused again.
 * @param signal ends the attempts
 * @param warn called with each error that is waited out
 */
export const waitForStore = <T>(
  ask: () => Promise<T>,
  signal: AbortSignal,
  warn: (error: unknown) => void = () => {},
): Promise<T> =>
  insist(ask, signal, (error) => {
    if (!isUnavailable(error)) throw error;
    warn(error);
  });
