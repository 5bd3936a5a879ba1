/** Server-sent events: how the items of a stream stand on the wire, and how they are written to a reader of any speed. */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { formatPosition, type StreamItem } from './item.ts';
import { every, type Ticker } from './ticker.ts';

export interface SendOptions {
  /** Ends the stream at once. */
  signal: AbortSignal;
  /** A comment is sent this often, so that proxies and readers see that the stream lives. Milliseconds; default 15,000. */
  heartbeat_ms?: number;
  /** What the reader is told to wait before it connects again. Milliseconds; default 1,000. */
  retry_ms?: number;
  ticker?: Ticker;
}

/**
 * Writes the items until they end, the reader goes away or `signal` aborts, then ends the response. Takes the next item only
 * when the one before has left for the socket: a slow reader slows its own items and holds one of them.
 * @throws what the items throw; the response has ended then too
 */
export async function sendEvents(
  response: ServerResponse,
  items: AsyncIterable<StreamItem>,
  { signal, heartbeat_ms = 15_000, retry_ms = 1_000, ticker = every }: SendOptions,
): Promise<void> {
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache, no-transform',
    // nginx would collect events otherwise.
    'x-accel-buffering': 'no',
  });
  response.write(`retry: ${retry_ms}\n\n`);
  const stopHeartbeat = ticker(heartbeat_ms, () => {
    if (!response.writableNeedDrain) response.write(': \n\n');
  });
  try {
    for await (const item of items) {
      if (signal.aborted) break;
      if (!response.write(formatEvent(item))) await drained(response, signal);
    }
  } finally {
    stopHeartbeat();
    // Told to end: what this reader has not taken it will fetch again, and waiting for it could take for ever.
    if (signal.aborted && response.writableLength > 0) response.destroy();
    else response.end();
  }
}

/** One event. Entries and rewinds carry the reader's new position as their id; what is live has none. */
export function formatEvent(item: StreamItem): string {
  switch (item.type) {
    case 'entry':
      return event('entry', item.entry, formatPosition(item.position));
    case 'rewind':
      return event('rewind', { to: item.position.after }, formatPosition(item.position));
    case 'delta': {
      const { reply_id, attempt, offset, text } = item;
      return event('delta', { reply_id, attempt, offset, text });
    }
    case 'progress': {
      const { call_id, percent, note } = item;
      return event('progress', { call_id, percent, note });
    }
  }
}

/** JSON has no line breaks of its own, so the data is always one line. */
const event = (name: StreamItem['type'], data: unknown, id?: string) =>
  `${id === undefined ? '' : `id: ${id}\n`}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;

/** Resolves when the response takes more, or the stream is to end. */
async function drained(response: ServerResponse, signal: AbortSignal): Promise<void> {
  try {
    await once(response, 'drain', { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
