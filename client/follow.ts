/** Follows a conversation across any number of connections, until it is closed. */
import type { Http } from './http.ts';
import { delayAfter, isPassing, pause } from './retry.ts';
import { openStream, type StreamItem } from './stream.ts';

export interface FollowOptions {
  /** Ends the iteration, without an error. */
  signal?: AbortSignal | undefined;
  /** The `id` of the last item that is known. Default: from the first entry. */
  after?: string | undefined;
  /** Called when the connection is made, and when it is lost. */
  onConnection?: ((this: void, connection: Connection) => void) | undefined;
  /** Longest silence before the connection counts as broken. Milliseconds. Default: 45,000. */
  silence_ms?: number | undefined;
}

export type Connection =
  | { status: 'open' }
  /** The next attempt follows after `retry_ms`. `error` is undefined if the service ended the stream itself, as it does when it stops. */
  | { status: 'lost'; error: unknown; retry_ms: number };

/**
 * Yields each entry exactly once and in order, whatever happens to the connection or the service; a `rewind` says that entries
 * were taken back. Ends after `conversation.closed`, or when `signal` aborts.
 * @throws APIError that a retry cannot fix, such as NotFoundError
 */
export async function* follow(
  http: Http,
  id: string,
  { signal, after, onConnection, silence_ms }: FollowOptions = {},
): AsyncGenerator<StreamItem, void, void> {
  let lastEventId = after;
  let retry_ms = RETRY_MS;
  let failures = 0;
  while (!signal?.aborted) {
    let lost: unknown;
    const items = openStream(http, id, {
      lastEventId,
      signal,
      silence_ms,
      opened() {
        failures = 0;
        onConnection?.({ status: 'open' });
      },
      retry: (ms) => (retry_ms = ms),
    });
    try {
      let next = await items.next();
      for (; !next.done; next = await items.next()) {
        const item = next.value;
        if (item.type === 'entry' || item.type === 'rewind') lastEventId = item.id;
        yield item;
        if (item.type === 'entry' && item.data.kind === 'conversation.closed') return;
      }
      if (next.value === 'over') return;
    } catch (error) {
      if (signal?.aborted) return;
      if (!isPassing(error)) throw error;
      lost = error;
    } finally {
      // If the caller has left the loop, this closes the connection.
      await items.return('ended');
    }
    failures += 1;
    const delay = failures === 1 && lost === undefined ? retry_ms : delayAfter(lost, failures);
    onConnection?.({ status: 'lost', error: lost, retry_ms: delay });
    await pause(delay, signal);
  }
}

/** Used until the service sends a delay. Milliseconds. */
const RETRY_MS = 1_000;
