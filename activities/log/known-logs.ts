/**
 * The ends of the logs that this process has written or read lately, as they were then. A turn need not read back what the turns
 * before it have written. Another process may have changed a log since. A reply that was built on a known log therefore compares
 * its revision with that of the next write, which shows whether the log has changed (activities/reply/read-log.ts).
 */
import { LRUCache } from 'lru-cache';
import type { Batch } from '../../contract/batch.ts';
import type { Entry } from '../../contract/entry.ts';
import type { Head } from '../../contract/head.ts';
import { type ConversationKey, conversationWorkflowId } from '../../contract/names.ts';
import type { Recorded } from '../../store/store.ts';

export interface KnownLog {
  revision: number;
  /** At least one, in order and without gaps. Immutable. */
  entries: Entry[];
  head: Head;
}

export interface KnownLogs {
  find(conversation: ConversationKey): KnownLog | undefined;
  /**
   * Remembers the log after a write of this process, or forgets it if the store's answer says too little.
   * @param before the entries just before the batch, if they were read
   */
  wrote(batch: Batch, recorded: Recorded, before?: Entry[]): void;
  /** Forgets the entries before this one, which the model no longer reads. */
  trim(conversation: ConversationKey, from: number): void;
}

/** The limit for all logs together, in characters of their JSON. */
const MOST_CHARS = 16_000_000;

export function createKnownLogs(mostChars = MOST_CHARS): KnownLogs {
  const logs = new LRUCache<string, KnownLog & { chars: number }>({
    maxSize: mostChars,
    sizeCalculation: ({ chars }) => chars,
  });
  const find = (conversation: ConversationKey) => logs.get(conversationWorkflowId(conversation));

  return {
    find,

    wrote({ conversation, base, entries, head }, recorded, before = []) {
      const name = conversationWorkflowId(conversation);
      const known = logs.get(name);
      // A write that was refused, or that changed what stood, says too little. A closed conversation is not read again.
      const isCertain = recorded.outcome === 'recorded' && recorded.appended !== undefined;
      if (!isCertain || head.status === 'closed') return void logs.delete(name);
      const { revision } = recorded.appended!;
      // A batch may begin with entries that stood already, so what is known may end within it.
      const follows = known?.revision === revision && lastOf(known) >= base - 1;
      const standing = !follows
        ? []
        : lastOf(known) === base - 1
          ? known.entries
          : known.entries.filter(({ seq }) => seq < base);
      const earlier = before.length > 0 ? before : standing;
      const all = [...earlier, ...entries];
      if (all.length === 0) return void logs.delete(name);
      const chars =
        charsOf(entries) + (earlier === known?.entries ? known.chars : charsOf(earlier));
      logs.set(name, { revision, entries: all, head, chars });
    },

    trim(conversation, from) {
      const known = find(conversation);
      if (!known || known.entries[0]!.seq >= from) return;
      const entries = known.entries.filter(({ seq }) => seq >= from);
      const name = conversationWorkflowId(conversation);
      if (entries.length === 0) logs.delete(name);
      else logs.set(name, { ...known, entries, chars: charsOf(entries) });
    },
  };
}

/** The seq of the last entry. */
export const lastOf = ({ entries }: Pick<KnownLog, 'entries'>) => entries.at(-1)!.seq;

const charsOf = (entries: Entry[]) => JSON.stringify(entries).length;
