/** Sends server-sent events to a reader of any speed. */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { eventBytes } from './event.ts';
import type { ReaderItem } from './item.ts';
import type { Pulse } from './pulse.ts';

export interface SendOptions {
  /** Ends the stream at once. */
  signal: AbortSignal;
  /** At each beat, a comment is sent if nothing else was since the last one: it shows proxies and readers that the stream lives. */
  pulse: Pulse;
  /** How long the reader should wait before it reconnects. Milliseconds; default 1,000. */
  retry_ms?: number;
}

/**
 * Writes the items until they end, the reader disconnects or `signal` aborts, then ends the response. Takes the next item only
 * when the previous one has left for the socket: a slow reader slows its own items and holds one of them.
 * @throws what the items throw; the response has ended then too
 */
export async function sendEvents(
  response: ServerResponse,
  items: AsyncIterable<ReaderItem>,
  { signal, pulse, retry_ms = 1_000 }: SendOptions,
): Promise<void> {
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache, no-transform',
    // Otherwise nginx would buffer events.
    'x-accel-buffering': 'no',
  });
  response.write(`retry: ${retry_ms}\n\n`);
  let isQuiet = true;
  const stopPulse = pulse.add(() => {
    if (isQuiet && !response.writableNeedDrain) response.write(COMMENT);
    isQuiet = true;
  });
  try {
    for await (const item of items) {
      if (signal.aborted) break;
      isQuiet = false;
      if (!response.write(eventBytes(item))) await drained(response, signal);
    }
  } finally {
    stopPulse();
    // Aborted: the reader will fetch again what it has not received, and could make us wait forever.
    if (signal.aborted && response.writableNeedDrain) response.destroy();
    else if (signal.aborted) response.end(reconnectSoon(retry_ms));
    else response.end();
  }
}

/** Sends a reader whose stream ends early a random time, so that the readers of a stopping process do not all reconnect at once. */
function reconnectSoon(retry_ms: number): string {
  return `retry: ${Math.ceil(Math.random() * 2 * retry_ms)}\n\n`;
}

const COMMENT = ': \n\n';

/** Resolves when the response can take more, or when the stream has to end. */
async function drained(response: ServerResponse, signal: AbortSignal): Promise<void> {
  try {
    await once(response, 'drain', { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
