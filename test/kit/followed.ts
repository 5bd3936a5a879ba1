/** A conversation in a store, and what follows it: entries are written and poked, words are said, a reader takes what comes. */
import type { ConversationKey } from '../../contract/names.ts';
import { batch, idle, someone } from '../store/samples.ts';
import type { Store } from '../../store/store.ts';
import { type Bus, createLocalBus } from '../../stream/bus.ts';
import { newsOf } from '../../stream/news.ts';
import { createHub, type Hub, type HubOptions } from '../../stream/hub.ts';
import type { Position, ReaderItem } from '../../stream/item.ts';
import { createHandTicker } from './hand-ticker.ts';
import { createMemoryStore } from './memory-store.ts';
import { Reader } from './reader.ts';

export class FollowedLog {
  readonly store: Store = createMemoryStore();
  readonly bus: Bus = createLocalBus();
  readonly key: ConversationKey = someone();
  /** The looks at the store that a reader takes without being poked. */
  readonly hand = createHandTicker();
  readonly abort = new AbortController();

  /** What the process of its readers follows. */
  hub(more: Partial<HubOptions> = {}): Hub {
    return createHub({ store: this.store, bus: this.bus, ticker: this.hand.ticker, ...more });
  }

  from(position: Position, more: Partial<HubOptions> = {}): AsyncGenerator<ReaderItem> {
    return this.hub(more).join(this.key, position, this.abort.signal).items();
  }

  /** Records from `base` on, as the task with this number, and publishes it. */
  async record(task: number, base: number, entries: Parameters<typeof batch>[3], head = idle) {
    const written = batch(this.key, [1, task], base, entries, head);
    const recorded = await this.store.record(written);
    if (recorded.outcome === 'recorded') this.bus.publish(this.key, newsOf(written, recorded));
  }

  /** More of what `reply_1` says. */
  async say(text: string, attempt = 1) {
    const offset = (await this.store.draft(this.key))!.text.length;
    await this.store.appendDraft(this.key, { reply_id: 'reply_1', attempt, text });
    this.bus.publish(this.key, { type: 'delta', reply_id: 'reply_1', attempt, offset, text });
  }
}

/** The next `count` of what comes, in the hands of a reader. */
export async function take(items: AsyncGenerator<ReaderItem>, count: number): Promise<Reader> {
  const reader = new Reader();
  for (let taken = 0; taken < count; taken++) reader.take((await items.next()).value);
  return reader;
}

/** Nothing here waits for more than promises, so when the loop comes round it all has happened. */
export const everythingThatCan = () => new Promise(setImmediate);
