/** The wire format of a stream's items: server-sent events. */
import type { StreamEventName } from '../contract/stream-event.ts';
import { formatPosition, type ReaderItem } from './item.ts';

/** One event. Entries and rewinds carry the reader's new position as their id; live items have none. */
export function formatEvent(item: ReaderItem): string {
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

/** The same, encoded once for all readers that are given the same item object. */
export function eventBytes(item: ReaderItem): Buffer {
  const known = encoded.get(item);
  if (known) return known;
  const bytes = Buffer.from(formatEvent(item));
  encoded.set(item, bytes);
  return bytes;
}

const encoded = new WeakMap<ReaderItem, Buffer>();

/** `JSON.stringify` writes no line breaks, so the data is always one line. */
const event = (name: StreamEventName, data: unknown, id?: string) =>
  `${id === undefined ? '' : `id: ${id}\n`}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
