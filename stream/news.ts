import type { Batch } from '../contract/batch.ts';
import type { Recorded } from '../store/store.ts';
import type { PublishedMessage } from './bus.ts';

/**
 * The message for the bus about a write that the store accepted.
 * @param batch with the texts of replies that were cut short
 */
export function newsOf(
  { base, entries, head: { status, reply } }: Batch,
  { appended }: Recorded & { outcome: 'recorded' },
): PublishedMessage {
  if (!appended) return { type: 'poke' };
  const { revision, first } = appended;
  const added = entries.slice(first - base);
  const changes = { entries: added, revision, status, ...(reply && { reply_id: reply.id }) };
  return { type: 'appended', after: first - 1, changes };
}
