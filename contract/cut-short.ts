/** Replies that end before their time. The store knows what they had said, and puts it into their last entry. */
import type { Entry, EntryOf } from './entry.ts';

export type CutShort = EntryOf<'reply.interrupted' | 'reply.failed'>;

/** True for an entry whose text is in the reply's draft. */
export const isCutShort = (entry: Entry): entry is CutShort =>
  entry.kind === 'reply.interrupted' || entry.kind === 'reply.failed';

/**
 * The entries as the store keeps them.
 * @param said the text of each reply that was cut short, by reply id
 */
export const withTexts = (entries: readonly Entry[], said: Record<string, string>): Entry[] =>
  entries.map((entry) => {
    if (!isCutShort(entry)) return entry;
    const text = said[entry.reply_id] ?? '';
    return entry.kind === 'reply.failed' && text === '' ? entry : { ...entry, text };
  });
