/**
 * One reader of a conversation, which holds little more than its position. When it is asked for an item, it takes the next one from
 * the source that all readers share (stream/source.ts), or reads the store itself if it is too far behind. So a reader that is not
 * asked costs nothing and loses nothing.
 */
import { StoreUnavailable } from '../store/unavailable.ts';
import type { Position, ReaderItem } from './item.ts';
import type { GivenText } from './live.ts';
import type { Backlog } from './backlog.ts';
import type { Source } from './source.ts';

export interface Reading {
  /**
   * Resolves when it is known whether there is anything to read. `over`: the conversation is closed for good and the reader has
   * all of it. `unknown`: there is no such conversation. While the store is unavailable, the answer is `open`.
   * @throws what the store throws
   */
  begin(): Promise<'open' | 'over' | 'unknown'>;
  /**
   * Yields entries and rewinds from the position on, without gap or repeat, and live items between them. Entries go first: the text
   * of a reply comes after its `reply.started` and never after its end. Returns when the conversation is closed and every entry has
   * been yielded, when there is no such conversation, or when the signal aborts.
   * @throws what the store throws, except StoreUnavailable: then it waits for the store
   */
  items(): AsyncGenerator<ReaderItem, void, void>;
}

type Next =
  /** `nth` numbers progress. */
  | { kind: 'yield'; item: ReaderItem; nth?: number }
  /** `look`: the source has to query the store first. `read`: the source no longer has the next entry, so the store is read. */
  | { kind: 'wait' | 'look' | 'read' | 'over' | 'unknown' };

/**
 * @param signal ends the reading, even while it waits
 * @param leave called when the reading has ended, perhaps more than once
 */
export function createReading(
  source: Source,
  from: Position,
  signal: AbortSignal,
  leave: () => void,
): Reading {
  let position = from;
  /** The live text that the reader has. */
  let held: GivenText | undefined;
  /** The number of the last progress that the reader has. */
  let seen = source.percentages.heard;
  /** Items that were read from the store. */
  let backlog: Backlog['items'] = [];
  let begun: Promise<'open' | 'over' | 'unknown'> | undefined;
  let wake = () => {};
  const awake = () => wake();
  const forget = source.waking.add(awake);
  signal.addEventListener('abort', end);
  if (signal.aborted) end();

  return {
    begin: () => (begun ??= begin()),

    async *items() {
      try {
        // `begin` and this loop must not read the store at the same time.
        await begun;
        while (!signal.aborted) {
          const next = findNext();
          switch (next.kind) {
            case 'yield':
              advance(next);
              yield next.item;
              break;
            case 'over':
            case 'unknown':
              return;
            case 'wait':
              await changed();
              break;
            default:
              await catchUp(next.kind);
          }
        }
      } finally {
        end();
      }
    },
  };

  async function begin() {
    while (!signal.aborted && !source.isAway) {
      const next = findNext();
      switch (next.kind) {
        case 'yield':
          return 'open';
        case 'over':
        case 'unknown':
          end();
          return next.kind;
        case 'wait':
          if (source.state === 'open') return 'open';
          await changed();
          break;
        default:
          await catchUp(next.kind);
      }
    }
    return 'open';
  }

  function findNext(): Next {
    if (source.state === 'unknown') return { kind: 'unknown' };
    const [own] = backlog;
    const next: Next = own ? { kind: 'yield', item: own } : source.next(position);
    if (next.kind !== 'wait') return next;
    if (source.state === 'over') return { kind: 'over' };
    const item = source.lacking(held);
    if (item) return { kind: 'yield', item };
    const latest = source.percentages.after(seen);
    return latest ? { kind: 'yield', item: latest.progress, nth: latest.nth } : next;
  }

  function advance({ item, nth }: Next & { kind: 'yield' }): void {
    if (item === backlog[0]) backlog.shift();
    switch (item.type) {
      case 'rewind':
        held = undefined;
        position = item.position;
        return;
      case 'entry':
        position = item.position;
        return;
      case 'delta':
        held = { ...item, length: item.offset + item.text.length };
        return;
      case 'progress':
        seen = nth!;
    }
  }

  async function catchUp(how: 'look' | 'read'): Promise<void> {
    if (how === 'look') {
      // The reader has read more than the source has.
      if (!source.isAway) await source.look();
      if (source.isAway) await changed();
      if (source.next(position).kind !== 'look') return;
    }
    try {
      const read = await source.read(position);
      // Up to this position, the log is as of this revision, even if no entries follow.
      if (read?.items.length === 0) position = { after: position.after, revision: read.revision };
      backlog = read?.items.slice() ?? [];
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      await changed();
    }
  }

  /** Resolves at the next change. The waiter is installed synchronously, so no change after the reader's last look is missed. */
  function changed(): Promise<void> {
    return signal.aborted ? Promise.resolve() : new Promise((resolve) => (wake = resolve));
  }

  function end(): void {
    signal.removeEventListener('abort', end);
    forget();
    leave();
    wake();
  }
}
