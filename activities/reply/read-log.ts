/**
 * The log as it is read for one reply. What this process wrote or read before is not read again from the store. Another process may
 * have changed it since. Writing the reply's own batch shows that, since the batch is appended to it: no answer to an outdated log
 * is kept or shown.
 */
import { isDeepStrictEqual } from 'node:util';
import type { ConversationKey } from '../../contract/names.ts';
import type { Entry } from '../../contract/entry.ts';
import type { Appended, Store } from '../../store/store.ts';
import { type KnownLogs, lastOf } from '../log/known-logs.ts';

export interface LogReading extends Pick<Store, 'window'> {
  /** The entries from the first to the one before the batch, if they were read from the store. */
  before(): Entry[];
  /**
   * Whether everything that was read was unchanged when the batch was written, and the batch is as it was foreseen.
   * @param written.appended undefined if it was not appended
   * @param written.entries as the log has them
   */
  stands(written: { appended?: Appended; entries: Entry[] }): boolean;
}

/**
 * @param logs undefined to read the store in any case
 * @param foreseen the batch as the model is given it before it is written. Undefined if it is given what was written
 */
export function readLog(
  store: Pick<Store, 'window'>,
  logs: KnownLogs | undefined,
  { from, base, foreseen }: { from: number; base: number; foreseen?: Entry[] },
): LogReading {
  let used: number | undefined;
  let before: Entry[] = [];
  return {
    async window(conversation, range) {
      const known = logs && fromKnown(logs, conversation, range);
      if (known) {
        used = known.revision;
        return known.entries;
      }
      const entries = await store.window(conversation, range);
      if (range.from === from && range.to === base - 1) before = entries;
      return entries;
    },
    before: () => before,
    stands: ({ appended, entries }) =>
      (used === undefined || used === appended?.revision) &&
      (foreseen === undefined || isDeepStrictEqual(foreseen, entries)),
  };
}

/** Undefined if this process does not know all entries of the range. */
export function fromKnown(
  logs: KnownLogs,
  conversation: ConversationKey,
  { from, to }: { from: number; to: number },
): { revision: number; entries: Entry[] } | undefined {
  const known = logs.find(conversation);
  if (!known || from < known.entries[0]!.seq || to > lastOf(known)) return undefined;
  const begin = from - known.entries[0]!.seq;
  return { revision: known.revision, entries: known.entries.slice(begin, begin + to - from + 1) };
}

/** The log has changed since the model was asked: the reply reads the store and asks again. */
export class LogChanged extends Error {
  override name = 'LogChanged';
}
