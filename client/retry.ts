/** Whether, and when, a request is sent again. */
import { APIConnectionError, APIError, APIUserAbortError } from './errors.ts';

/** Whether a retry may succeed: the service cannot be reached, is overloaded or is starting. */
export function isPassing(error: unknown): boolean {
  if (error instanceof APIUserAbortError) return false;
  if (error instanceof APIConnectionError) return true;
  if (!(error instanceof APIError) || error.status === undefined) return false;
  return error.status === 408 || error.status === 429 || error.status >= 500;
}

/**
 * The delay before a retry: as the service asks, otherwise longer each time, with a random part so that clients do not retry all at
 * once.
 * @param failures in a row, from 1
 * @returns milliseconds
 */
export function delayAfter(error: unknown, failures: number, longest_ms = 8_000): number {
  const asked = error instanceof APIError ? askedFor(error.headers) : undefined;
  if (asked !== undefined) return Math.min(asked, LONGEST_ASKED_MS);
  const most = Math.min(SHORTEST_MS * 2 ** (failures - 1), longest_ms);
  return most * (0.75 + Math.random() / 4);
}

function askedFor(headers: Headers | undefined): number | undefined {
  const seconds = Number(headers?.get('retry-after') ?? NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1_000 : undefined;
}

const SHORTEST_MS = 500;
const LONGEST_ASKED_MS = 60_000;

/** Resolves early, without an error, when the signal aborts. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener('abort', end);
  });
}
