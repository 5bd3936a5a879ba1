/**
 * One reader's view of one conversation. The store has every entry, so pokes of the bus only say when to look; a lost poke
 * costs the time until the next look, nothing else. Only what the reader asks for next is fetched: one that does not ask has
 * a bounded amount waiting (stream/live.ts, one progress per call), and nothing is lost to it.
 */
import type { Entry } from '../contract/entry.ts';
import type { ConversationKey } from '../contract/names.ts';
import type { Followed, Store } from '../store/store.ts';
import type { Bus, BusMessage } from './bus.ts';
import type { LiveProgress, Position, StreamItem } from './item.ts';
import { createLiveText } from './live.ts';
import { every, type Ticker } from './ticker.ts';

export interface FollowOptions {
  store: Pick<Store, 'follow' | 'draft'>;
  bus: Pick<Bus, 'subscribe'>;
  conversation: ConversationKey;
  from: Position;
  /** Ends the generator, also where it waits. */
  signal: AbortSignal;
  /** The longest a lost poke goes unnoticed. Milliseconds; default 1,000. */
  heal_ms?: number;
  ticker?: Ticker;
  /**
   * Whether a log that ends with the closing stays so: it is written before it is certain, and until then it may be taken back.
   * Asked again with every look. Default: it is certain.
   */
  isOver?(): Promise<boolean>;
  /** Entries fetched at once. Default 200. */
  page?: number;
}

/** More calls than this do not show live progress to a reader that does not keep up. */
const MOST_PROGRESS = 100;

/**
 * Yields entries and rewinds from `from` on without gap or repeat, and between them what is live. Entries go first: the text of
 * a reply comes after its `reply.started` and never after its end. Returns when the conversation is closed and every entry
 * has been yielded, when there is no such conversation, or when `signal` aborts.
 * @throws what the store throws
 */
export async function* follow(options: FollowOptions): AsyncGenerator<StreamItem, void, void> {
  const { store, bus, conversation, signal, heal_ms = 1_000, ticker = every, page = 200 } = options;
  const { isOver = async () => true } = options;
  const live = createLiveText();
  const progress = new Map<string, LiveProgress>();
  let position = options.from;
  let news = true;
  let over = false;
  /** The reply whose start the reader has been given, or had before. */
  let started: string | undefined;
  let wake = () => {};
  const awake = () => wake();

  // Before the first read, so that nothing falls between the two.
  const unsubscribe = bus.subscribe(conversation, hear);
  const stopTicker = ticker(heal_ms, look);
  signal.addEventListener('abort', awake);
  try {
    while (!signal.aborted) {
      if (news) {
        news = false;
        const read = await store.follow(conversation, { ...position, limit: page });
        if (!read) return;
        yield* deliver(read);
        if (read.entries.length >= page) news = true;
        else if (read.status === 'closed') {
          if (over) return;
          // What has become certain may have been written anew since it was read.
          over = await isOver();
          if (over) news = true;
        }
        continue;
      }
      const next = live.next();
      const [latest] = progress.values();
      if (next.do === 'yield') yield next.delta;
      else if (next.do === 'read draft') await readDraft();
      else if (latest) yield* show(latest);
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    unsubscribe();
    stopTicker();
    signal.removeEventListener('abort', awake);
  }

  function hear(message: BusMessage): void {
    switch (message.type) {
      case 'poke':
        return look();
      case 'delta':
        live.hear(message);
        return awake();
      case 'progress':
        progress.delete(message.call_id);
        progress.set(message.call_id, message);
        if (progress.size > MOST_PROGRESS) progress.delete(progress.keys().next().value!);
        return awake();
      case 'stop':
        return;
    }
  }

  function look(): void {
    news = true;
    awake();
  }

  function* deliver({ rewind, entries, revision }: Followed): Generator<StreamItem> {
    if (rewind !== undefined) {
      position = { after: rewind, revision };
      live.rewound();
      started = undefined;
      yield { type: 'rewind', position };
    }
    for (const entry of entries) {
      position = { after: entry.seq, revision };
      notice(entry);
      yield { type: 'entry', entry, position };
    }
  }

  function notice(entry: Entry): void {
    switch (entry.kind) {
      case 'reply.started':
        started = entry.reply_id;
        return;
      case 'reply.completed':
      case 'reply.interrupted':
      case 'reply.failed':
        return live.ended(entry.reply_id);
      case 'call.completed':
      case 'call.failed':
      case 'call.cancelled':
      case 'call.denied':
        progress.delete(entry.call_id);
        return;
      default:
        return;
    }
  }

  async function readDraft(): Promise<void> {
    const draft = await store.draft(conversation);
    if (!draft || draft.reply_id === started) return live.drafted(draft);
    // Its start is in the log by now, and perhaps its end: entries go first, and then the draft is read again.
    started = draft.reply_id;
    news = true;
  }

  function* show(latest: LiveProgress): Generator<StreamItem> {
    progress.delete(latest.call_id);
    yield latest;
  }
}
