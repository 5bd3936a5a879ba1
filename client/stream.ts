/** One connection to the stream of a conversation: server-sent events, read as items. */
import { createParser } from 'eventsource-parser';
import type { Entry } from '../contract/entry.ts';
import type {
  DeltaData,
  ProgressData,
  RewindData,
  StreamEventName,
} from '../contract/stream-event.ts';
import { APIConnectionError } from './errors.ts';
import type { Http, RequestOptions } from './http.ts';

/** `id` is the reader's position after the item, for a later request that resumes there. Live items have none. */
export type StreamItem = EntryItem | RewindItem | DeltaItem | ProgressItem;

/** An entry of the log. */
export interface EntryItem {
  type: 'entry';
  id: string;
  data: Entry;
}

/** Forget every entry after `to`, and the text of a reply in flight; both follow again. */
export interface RewindItem {
  type: 'rewind';
  id: string;
  data: RewindData;
}

/**
 * More of a reply in flight: its text is what is known up to `offset` (UTF-16 units), then `text`. A higher attempt replaces the
 * text of earlier ones.
 */
export interface DeltaItem {
  type: 'delta';
  data: DeltaData;
}

/** Progress of a call, shown live between the milestones that the log has. */
export interface ProgressItem {
  type: 'progress';
  data: ProgressData;
}

export interface StreamOptions extends Pick<RequestOptions, 'signal' | 'timeout'> {
  /** The id of the last event received. Default: from the first entry. */
  lastEventId?: string | undefined;
  /** Longest silence before the connection counts as broken; the service sends a comment every 15 s. Default: 45,000. */
  silence_ms?: number | undefined;
  /** Called when the service accepts the connection. */
  opened?: ((this: void) => void) | undefined;
  /** Called with the delay before a reconnect that the service asks for. Milliseconds. */
  retry?: ((this: void, ms: number) => void) | undefined;
}

/**
 * @returns `over` if the conversation has no further entries; after `ended`, reconnect with the last id
 * @throws APIError; APIConnectionError when the connection breaks, or nothing arrives for too long
 */
export async function* openStream(
  http: Http,
  id: string,
  { lastEventId, signal, timeout, silence_ms = SILENCE_MS, opened, retry }: StreamOptions = {},
): AsyncGenerator<StreamItem, 'over' | 'ended', void> {
  const path = `/v1/conversations/${encodeURIComponent(id)}/stream`;
  const headers = {
    accept: 'text/event-stream',
    ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
  };
  const response = await http.open(path, { signal, timeout, headers });
  if (response.status === 204) return 'over';
  if (!response.body) throw new APIConnectionError('The stream has no body.');
  opened?.();

  const items: StreamItem[] = [];
  const parser = createParser({
    onEvent: ({ event, id: eventId, data }) => {
      if (event !== undefined && TYPES.has(event))
        items.push({ type: event, id: eventId, data: JSON.parse(data) } as StreamItem);
    },
    onRetry: (ms) => retry?.(ms),
  });
  // Not `for await`: not every browser iterates over a body.
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  try {
    for (;;) {
      const { done, value } = await within(silence_ms, reader.read(), signal);
      if (done) return 'ended';
      parser.feed(decoder.decode(value, { stream: true }));
      yield* items.splice(0);
    }
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof APIConnectionError) throw error;
    throw new APIConnectionError('The stream broke.', { cause: error });
  } finally {
    // Also closes the connection.
    reader.cancel().catch(() => {});
  }
}

/** Later versions of the service may send further events. */
const TYPES: ReadonlySet<string> = new Set<StreamEventName>([
  'entry',
  'rewind',
  'delta',
  'progress',
]);

const SILENCE_MS = 45_000;

function within<T>(ms: number, reading: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    const silent = () => reject(new APIConnectionError(`Nothing arrived for ${ms / 1_000} s.`));
    const stop = () => reject(new Error('aborted'));
    const timer = setTimeout(silent, ms);
    if (signal?.aborted) stop();
    signal?.addEventListener('abort', stop);
    reading.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
    });
  });
}
