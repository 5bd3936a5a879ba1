/**
 * The conversations that this process follows: each is followed once, however many readers it has. A single timer checks all of
 * them together for missed news.
 */
import type { ConversationKey } from '../contract/names.ts';
import type { Store } from '../store/store.ts';
import { StoreUnavailable } from '../store/unavailable.ts';
import type { Bus } from './bus.ts';
import { createFew } from './few.ts';
import { createReading, type Reading } from './follow.ts';
import type { Position } from './item.ts';
import { openSource, type Source } from './source.ts';
import type { TailSize } from './tail.ts';
import { every, type Ticker } from './ticker.ts';

export interface HubOptions {
  store: Pick<Store, 'follow' | 'draft' | 'marks'>;
  bus: Pick<Bus, 'subscribe' | 'hearsAll'>;
  /**
   * Whether a log that ends with the closing is final: it is written before its task is committed, and may be replaced until then.
   * Called once for all readers, and again until it returns true. Default: true.
   */
  isOver?(conversation: ConversationKey): Promise<boolean>;
  /** The longest time until a lost poke is noticed. Milliseconds; default 1,000. */
  heal_ms?: number;
  ticker?: Ticker;
  /** Entries fetched at once. Default 200. */
  page?: number;
  /** How much of each log's end is kept, for readers that are a little behind. */
  size?: TailSize;
}

export interface Hub {
  /** The reading lasts until the signal aborts, or the conversation ends. */
  join(conversation: ConversationKey, from: Position, signal: AbortSignal): Reading;
}

/** Older entries are read with this many reads at a time, to leave the store free for writers. */
const BACKLOG_READS = 4;

export function createHub(options: HubOptions): Hub {
  const { store, bus, isOver = async () => true, heal_ms = 1_000, page = 200 } = options;
  const followed = new Map<string, Followed>();
  const inTurn = createFew(BACKLOG_READS);
  const { ticker = every } = options;
  let stopLooking = () => {};
  let isLooking = false;

  return {
    join(conversation, from, signal) {
      const name = `${conversation.tenant}/${conversation.id}`;
      const one = followed.get(name) ?? open(name, conversation, from.after);
      let isIn = true;
      one.readers += 1;
      return createReading(one.source, from, signal, () => {
        if (!isIn) return;
        isIn = false;
        one.readers -= 1;
        if (one.readers === 0) drop(name, one);
      });
    },
  };

  function open(name: string, conversation: ConversationKey, near: number): Followed {
    const source = openSource({
      store,
      bus,
      conversation,
      isOver: () => isOver(conversation),
      near,
      page,
      size: options.size,
      inTurn,
      // The next reader begins with a new source.
      onFailure: () => drop(name, one),
    });
    const one: Followed = { conversation, source, readers: 0 };
    if (followed.size === 0) stopLooking = ticker(heal_ms, () => void look());
    followed.set(name, one);
    return one;
  }

  function drop(name: string, one: Followed): void {
    one.source.close();
    if (followed.get(name) !== one) return;
    followed.delete(name);
    if (followed.size === 0) stopLooking();
  }

  async function look(): Promise<void> {
    if (isLooking) return;
    isLooking = true;
    const all = [...followed.values()];
    try {
      const marks = await store.marks(all.map(({ conversation }) => conversation));
      for (const [nth, { source }] of all.entries()) source.noticed(marks[nth]);
    } catch (error) {
      // While the store is unavailable, the next look finds out whether it is back.
      if (!(error instanceof StoreUnavailable)) for (const { source } of all) source.fail(error);
    } finally {
      isLooking = false;
    }
  }
}

interface Followed {
  conversation: ConversationKey;
  source: Source;
  readers: number;
}
