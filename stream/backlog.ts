/** Reads older entries of one conversation, for readers that are further back than the entries that this process keeps. */
import type { Changes } from '../store/store.ts';
import { formatPosition, type Position, type ReaderEntry, type ReaderRewind } from './item.ts';

export interface Backlog {
  items: (ReaderRewind | ReaderEntry)[];
  revision: number;
}

export interface Backlogs {
  /** The entries after a position; concurrent callers share a read. Undefined when there is no such conversation. */
  read(position: Position): Promise<Backlog | undefined>;
}

export function createBacklogs(
  follow: (position: Position) => Promise<Changes | undefined>,
): Backlogs {
  const reads = new Map<string, Promise<Backlog | undefined>>();
  return {
    read(position) {
      const name = formatPosition(position);
      const underWay = reads.get(name);
      if (underWay) return underWay;
      const reading = follow(position)
        .then((changes) => changes && toBacklog(changes))
        .finally(() => reads.delete(name));
      reads.set(name, reading);
      return reading;
    },
  };
}

function toBacklog({ rewind, entries, revision }: Changes): Backlog {
  const items: Backlog['items'] = entries.map((entry) => ({
    type: 'entry',
    entry,
    position: { after: entry.seq, revision },
  }));
  if (rewind === undefined) return { items, revision };
  return { items: [{ type: 'rewind', position: { after: rewind, revision } }, ...items], revision };
}
