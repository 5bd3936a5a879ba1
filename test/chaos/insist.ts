import { setTimeout as sleep } from 'node:timers/promises';
import { APIError } from '../../client/errors.ts';
import { isPassing } from '../../client/retry.ts';

/**
 * Repeats a request until it is answered by yes or no, as a client has to whose service is being killed. Repeats need an
 * idempotency key, or have to be harmless.
 * @returns undefined where the answer is no (a 4xx): `refused` is told which
 * @throws the signal's reason
 */
export async function insist<T>(
  request: () => Promise<T>,
  signal: AbortSignal,
  refused: (error: APIError) => void = () => {},
): Promise<T | undefined> {
  for (;;) {
    signal.throwIfAborted();
    try {
      return await request();
    } catch (error) {
      if (error instanceof APIError && !isPassing(error)) {
        refused(error);
        return undefined;
      }
    }
    await sleep(200, undefined, { signal });
  }
}
