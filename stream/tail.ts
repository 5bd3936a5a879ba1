/**
 * The end of a log as one process has read it, from which readers at any position are served. It keeps the last entries, and for each
 * revision since it began, how far the log stayed the same. A reader that needs more has to read the store.
 */
import type { Changes } from '../store/store.ts';
import { eventBytes } from './event.ts';
import type { ReaderEntry, Position, ReaderRewind } from './item.ts';

export type ReaderStep =
  | { kind: 'yield'; item: ReaderEntry | ReaderRewind }
  /** The reader has everything. */
  | { kind: 'wait' }
  /** The reader is too far behind: only the store has what comes next. */
  | { kind: 'read' }
  /** The reader knows more than the tail does. */
  | { kind: 'look' };

export interface Tail {
  /** The end of the log, as far as it has been read. */
  readonly position: Position;
  /** Adds the changes that were read from its position on. */
  extend(read: Changes): void;
  next(reader: Position): ReaderStep;
}

/** The most that a tail keeps. */
export interface TailSize {
  entries: number;
  /** Measured as encoded events. */
  bytes: number;
}

const SIZE: TailSize = { entries: 400, bytes: 2_000_000 };
const MOST_REVISIONS = 100;

export function createTail(begin: Position, size: TailSize = SIZE): Tail {
  let position = begin;
  const items: ReaderEntry[] = [];
  let bytes = 0;
  /** A revision left the log unchanged up to `kept`. `isExact`: it changed the entry after that. */
  const revisions: { revision: number; kept: number; isExact: boolean }[] = [];
  /** Every revision after this one is known. */
  let since = begin.revision;

  const drop = (removed: ReaderEntry[]) => {
    for (const item of removed) bytes -= eventBytes(item).length;
  };
  const isTooLarge = () => items.length > size.entries || bytes > size.bytes;

  return {
    get position() {
      return position;
    },

    extend({ rewind, entries, revision }) {
      const kept = rewind ?? position.after;
      if (revision > position.revision) {
        revisions.push({ revision, kept, isExact: rewind !== undefined });
        if (revisions.length > MOST_REVISIONS) since = revisions.shift()!.revision;
      }
      // They end at `position.after`, without gaps. Most often nothing has changed.
      const changed = Math.max(0, items.length - (position.after - kept));
      if (changed < items.length) drop(items.splice(changed));
      position = { after: kept, revision };
      for (const entry of entries) {
        position = { after: entry.seq, revision };
        const item: ReaderEntry = { type: 'entry', entry, position };
        items.push(item);
        bytes += eventBytes(item).length;
      }
      while (isTooLarge()) drop(items.splice(0, 1));
    },

    next(reader) {
      if (reader.revision > position.revision) return { kind: 'look' };
      const after = unchanged(reader);
      if (after === undefined) return { kind: 'read' };
      if (after < reader.after) {
        const { revision } = position;
        return { kind: 'yield', item: { type: 'rewind', position: { after, revision } } };
      }
      if (after > position.after) return { kind: 'look' };
      if (after === position.after) return { kind: 'wait' };
      const item = items[items.length - (position.after - after)];
      return item ? { kind: 'yield', item } : { kind: 'read' };
    },
  };

  /** The seq up to which the log is what this reader has. Undefined when the tail does not know. */
  function unchanged(reader: Position): number | undefined {
    if (reader.after === 0 || reader.revision === position.revision) return reader.after;
    if (reader.revision < since) return undefined;
    let after = reader.after;
    for (const { revision, kept, isExact } of revisions) {
      if (revision <= reader.revision || after <= kept) continue;
      if (!isExact) return undefined;
      after = kept;
    }
    return after;
  }
}
