/**
 * One conversation as this process follows it, for all of its readers. The store has every entry, so pokes of the bus only say when
 * to look; a lost poke costs the time until the next look (stream/hub.ts), nothing else. There is one look at a time, whatever the
 * number of readers, and one read of the draft where the text of a reply is in doubt.
 *
 * Where the store is away nothing is lost either: what was to be read stays to be read, and is when the store is back.
 */
import type { Entry } from '../contract/entry.ts';
import type { ConversationKey } from '../contract/names.ts';
import type { Followed, Mark, Store } from '../store/store.ts';
import { StoreUnavailable } from '../store/unavailable.ts';
import type { Bus, BusMessage } from './bus.ts';
import {
  type Delta,
  type EntryItem,
  formatPosition,
  type Position,
  type RewindItem,
} from './item.ts';
import { createLiveText, type Held } from './live.ts';
import { createPercentages, type Percentages } from './percentages.ts';
import { createTail, type Step, type TailSize } from './tail.ts';
import { createWaking, type Waking } from './waking.ts';

export interface SourceOptions {
  store: Pick<Store, 'follow' | 'draft' | 'marks'>;
  bus: Pick<Bus, 'subscribe'>;
  conversation: ConversationKey;
  isOver(): Promise<boolean>;
  /** Where its first reader stands. */
  near: number;
  /** Entries fetched at once. */
  page: number;
  size?: TailSize;
  /** Reads of what has been written long since wait for their turn here. */
  inTurn<T>(read: () => Promise<T>): Promise<T>;
  /** Told once, when it can go on no more: its readers are told by their next step. */
  onFailure(): void;
}

export interface Source {
  /**
   * `opening`: not looked yet. `closing`: the log ends with the closing, and whether that stays so is being asked. `over`: it
   * stays so. `unknown`: there is no such conversation.
   */
  readonly state: 'opening' | 'open' | 'closing' | 'over' | 'unknown';
  /** The store cannot be asked now. */
  readonly isAway: boolean;
  /** Called whenever there may be something new for a reader. */
  readonly waking: Waking;
  readonly percentages: Percentages;
  /**
   * What of the log comes next for a reader.
   * @throws what has ended this source
   */
  next(reader: Position): Step;
  /** The text of the reply in flight that a reader lacks which has every entry. */
  lacking(held: Held | undefined): Delta | undefined;
  /** Resolves after a look, or where there can be none. */
  look(): Promise<void>;
  /** What stands in the store after a position; the same for all who ask at once. Undefined: no such conversation. */
  read(position: Position): Promise<Backlog | undefined>;
  /** What a regular look at all conversations has found. */
  noticed(mark: Mark | undefined): void;
  fail(error: unknown): void;
  close(): void;
}

export interface Backlog {
  items: (RewindItem | EntryItem)[];
  revision: number;
}

export function openSource(options: SourceOptions): Source {
  const { store, bus, conversation, isOver, near, page, size, inTurn, onFailure } = options;
  const live = createLiveText();
  const percentages = createPercentages();
  const waking = createWaking();
  const reads = new Map<string, Promise<Backlog | undefined>>();
  let tail: ReturnType<typeof createTail> | undefined;
  let state: Source['state'] = 'opening';
  let isCertain = false;
  let isAway = false;
  /** A reader's own read has failed, and the reader waits. */
  let isStalled = false;
  let failure: { error: unknown } | undefined;
  let isClosed = false;
  /** The reply in flight where the log ends, once it has been read to there. */
  let replying: string | undefined;
  let hasNews = true;
  let isWorking = false;
  let lookers: (() => void)[] = [];

  // Before the first look, so that nothing falls between the two.
  const unsubscribe = bus.subscribe(conversation, hear);
  work();

  return {
    get state() {
      return state;
    },
    get isAway() {
      return isAway;
    },
    waking,
    percentages,
    next(reader) {
      if (failure) throw failure.error;
      return tail?.next(reader) ?? { do: 'wait' };
    },
    lacking(held) {
      const delta = replying === undefined ? undefined : live.lacking(held);
      return delta?.reply_id === replying ? delta : undefined;
    },
    look() {
      const looked = new Promise<void>((resolve) => lookers.push(resolve));
      lookAgain();
      return looked;
    },
    read(position) {
      const name = formatPosition(position);
      const under = reads.get(name);
      if (under) return under;
      const reading = inTurn(() => store.follow(conversation, { ...position, limit: page }));
      const backlog = reading
        .then(
          (read) => read && toBacklog(read),
          (error) => {
            isStalled = true;
            throw error;
          },
        )
        .finally(() => reads.delete(name));
      reads.set(name, backlog);
      return backlog;
    },
    noticed(mark) {
      const position = tail?.position;
      const isSame = mark?.last_seq === position?.after && mark?.revision === position?.revision;
      // A close that is not certain is asked about again.
      if (isAway || !isSame || mark?.status === 'closed') lookAgain();
      if (!isStalled) return;
      isStalled = false;
      waking.wake();
    },
    fail,
    close() {
      isClosed = true;
      unsubscribe();
    },
  };

  function hear(message: BusMessage): void {
    switch (message.type) {
      case 'poke':
        return lookAgain();
      case 'delta':
        live.hear(message);
        // Its start is in the log by now: entries go first.
        if (message.reply_id !== replying) lookAgain();
        else if (live.isDoubtful) work();
        else waking.wake();
        return;
      case 'progress':
        percentages.hear(message);
        return waking.wake();
      case 'stop':
        return;
    }
  }

  function lookAgain(): void {
    hasNews = true;
    work();
  }

  function work(): void {
    if (isWorking) return;
    isWorking = true;
    void workOn();
  }

  async function workOn(): Promise<void> {
    try {
      while (!isClosed && !failure && state !== 'unknown') {
        if (hasNews) await takeLook();
        else if (live.isDoubtful && replying !== undefined) await readDraft();
        else break;
        isAway = false;
      }
    } catch (error) {
      if (error instanceof StoreUnavailable) {
        isAway = true;
        hasNews = true;
        waking.wake();
      } else fail(error);
    }
    isWorking = false;
    serve(lookers);
  }

  async function takeLook(): Promise<void> {
    hasNews = false;
    const served = lookers;
    lookers = [];
    try {
      const read = tail
        ? await store.follow(conversation, { ...tail.position, limit: page })
        : await inTurn(lookFirst);
      if (!read) state = 'unknown';
      else await take(read);
    } finally {
      serve(served);
      waking.wake();
    }
  }

  /** Begins near the end of a long log: readers who stand before that read for themselves. */
  async function lookFirst(): Promise<Followed | undefined> {
    const [mark] = await store.marks([conversation]);
    if (!mark) return undefined;
    const { last_seq, revision } = mark;
    const after = Math.min(last_seq, Math.max(near, last_seq - Math.floor(page / 2)));
    const read = await store.follow(conversation, { after, revision, limit: page });
    tail = createTail({ after, revision }, size);
    return read;
  }

  async function take(read: Followed): Promise<void> {
    const { entries, rewind, status, reply_id } = read;
    const isAtEnd = entries.length < page;
    tail!.extend(read);
    if (rewind !== undefined) live.forget();
    for (const entry of entries) notice(entry);
    replying = isAtEnd ? reply_id : undefined;
    if (!isAtEnd) hasNews = true;
    if (!isAtEnd || status !== 'closed') {
      state = 'open';
      return;
    }
    if (isCertain) {
      state = 'over';
      return;
    }
    state = 'closing';
    waking.wake();
    isCertain = await isOver();
    // What has become certain may have been written again since it was read.
    if (isCertain) hasNews = true;
    else state = 'open';
  }

  function notice(entry: Entry): void {
    switch (entry.kind) {
      case 'call.completed':
      case 'call.failed':
      case 'call.cancelled':
      case 'call.denied':
        return percentages.ended(entry.call_id);
      default:
        return;
    }
  }

  async function readDraft(): Promise<void> {
    live.reading();
    const draft = await store.draft(conversation);
    // Entries go first: the draft is read again after the start of its reply.
    if (draft && draft.reply_id !== replying) hasNews = true;
    else live.drafted(draft);
    waking.wake();
  }

  function fail(error: unknown): void {
    if (failure) return;
    failure = { error };
    onFailure();
    waking.wake();
  }
}

const serve = (lookers: (() => void)[]) => {
  for (const resolve of lookers.splice(0)) resolve();
};

function toBacklog({ rewind, entries, revision }: Followed): Backlog {
  const items: Backlog['items'] = entries.map((entry) => ({
    type: 'entry',
    entry,
    position: { after: entry.seq, revision },
  }));
  if (rewind === undefined) return { items, revision };
  return { items: [{ type: 'rewind', position: { after: rewind, revision } }, ...items], revision };
}
