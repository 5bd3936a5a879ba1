/**
 * One conversation as this process follows it, for all of its readers. The store has every entry. The bus says when to look, or
 * which entries a write has just added; a lost message costs only the time until the next look (stream/hub.ts). There is one look at
 * a time, for any number of readers, and one read of the draft when the text of a reply is in doubt.
 *
 * Nothing is lost while the store is unavailable: pending reads are made when it is back.
 */
import { isCallEnd } from '../contract/call-ends.ts';
import type { Entry } from '../contract/entry.ts';
import type { ConversationKey } from '../contract/names.ts';
import type { Changes, Mark, Store } from '../store/store.ts';
import { StoreUnavailable } from '../store/unavailable.ts';
import { type Backlog, createBacklogs } from './backlog.ts';
import type { Bus, BusMessage } from './bus.ts';
import type { Delta, Position } from './item.ts';
import { createLiveText, type GivenText } from './live.ts';
import { createPercentages, type Percentages } from './percentages.ts';
import { createTail, type ReaderStep, type TailSize } from './tail.ts';
import { createWaking, type Waking } from './waking.ts';

export interface SourceOptions {
  store: Pick<Store, 'follow' | 'draft' | 'marks'>;
  bus: Pick<Bus, 'subscribe' | 'hearsAll'>;
  conversation: ConversationKey;
  isOver(): Promise<boolean>;
  /** The position of its first reader. */
  near: number;
  /** Entries fetched at once. */
  page: number;
  size?: TailSize;
  /** Limits how many reads of older entries run at once. */
  inTurn<T>(read: () => Promise<T>): Promise<T>;
  /** Called once, when the source has failed for good: its readers get the error with their next step. */
  onFailure(): void;
}

export interface Source {
  /**
   * `opening`: before the first look. `closing`: the log ends with the closing, and is being checked for whether that is final.
   * `over`: it is final. `unknown`: there is no such conversation.
   */
  readonly state: 'opening' | 'open' | 'closing' | 'over' | 'unknown';
  /** The store is unavailable. */
  readonly isAway: boolean;
  /** Called whenever there may be something new for a reader. */
  readonly waking: Waking;
  readonly percentages: Percentages;
  /**
   * The next step for a reader of the log.
   * @throws the error that has ended this source
   */
  next(reader: Position): ReaderStep;
  /** The text of the reply in flight that a reader lacks. Call it only for a reader that has every entry. */
  lacking(held: GivenText | undefined): Delta | undefined;
  /** Looks at the store. Resolves after the look, or when none is possible. */
  look(): Promise<void>;
  /** Reads the entries after a position, once for all concurrent callers. Undefined when there is no such conversation. */
  read(position: Position): Promise<Backlog | undefined>;
  /** Takes the result of the regular look at all conversations. */
  noticed(mark: Mark | undefined): void;
  fail(error: unknown): void;
  close(): void;
}

export function openSource(options: SourceOptions): Source {
  const { store, bus, conversation, isOver, near, page, size, inTurn, onFailure } = options;
  const live = createLiveText();
  const percentages = createPercentages();
  const waking = createWaking();
  const backlogs = createBacklogs((position) =>
    inTurn(() => store.follow(conversation, { ...position, limit: page })),
  );
  let tail: ReturnType<typeof createTail> | undefined;
  let state: Source['state'] = 'opening';
  let isCertain = false;
  let isAway = false;
  /** A reader's own read has failed, and the reader waits. */
  let isStalled = false;
  let failure: { error: unknown } | undefined;
  let isClosed = false;
  /** The reply in flight at the end of the log. Undefined until the log has been read to its end. */
  let replying: string | undefined;
  let hasNews = true;
  let isWorking = false;
  let lookers: (() => void)[] = [];

  // Subscribes before the first look, so that nothing falls between the two.
  const unsubscribe = bus.subscribe(conversation, onMessage);
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
      return tail?.next(reader) ?? { kind: 'wait' };
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
      return backlogs.read(position).catch((error: unknown) => {
        isStalled = true;
        throw error;
      });
    },
    noticed(mark) {
      const position = tail?.position;
      const isSame = mark?.last_seq === position?.after && mark?.revision === position?.revision;
      // A close that is not final yet is checked again.
      if (isAway || !isSame || mark?.status === 'closed') lookAgain();
      if (!bus.hearsAll()) doubtText();
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

  function onMessage(message: BusMessage): void {
    switch (message.type) {
      case 'poke':
        return lookAgain();
      case 'appended':
        return follows(message) ? accept(message.changes) : lookAgain();
      case 'delta':
        live.receive(message);
        // The start of another reply is in the log already, and entries go first.
        if (message.reply_id !== replying) lookAgain();
        else if (live.isDoubtful) work();
        else waking.wake();
        return;
      case 'progress':
        percentages.receive(message);
        return waking.wake();
      case 'missed':
        lookAgain();
        return doubtText();
      case 'stop':
        return;
    }
  }

  /** Deltas of the reply may have been lost. */
  function doubtText(): void {
    live.doubt();
    work();
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

  /** Begins near the end of a long log: readers further back read the store themselves. */
  async function lookFirst(): Promise<Changes | undefined> {
    const [mark] = await store.marks([conversation]);
    if (!mark) return undefined;
    const { last_seq, revision } = mark;
    const after = Math.min(last_seq, Math.max(near, last_seq - Math.floor(page / 2)));
    const read = await store.follow(conversation, { after, revision, limit: page });
    tail = createTail({ after, revision }, size);
    return read;
  }

  /** Whether the next look would find exactly these changes. The end of a conversation always needs a look: it may not be final. */
  function follows({ after, changes }: BusMessage & { type: 'appended' }): boolean {
    const isIdle = state === 'open' && !isWorking && !isAway;
    if (!isIdle || changes.status === 'closed' || changes.entries.length >= page) return false;
    const { position } = tail!;
    return position.after === after && position.revision === changes.revision;
  }

  function accept(changes: Changes): void {
    add(changes);
    work();
    waking.wake();
  }

  /** Returns false if the store may have more. */
  function add(read: Changes): boolean {
    const { entries, rewind, reply_id } = read;
    const isAtEnd = entries.length < page;
    tail!.extend(read);
    if (rewind !== undefined) live.forget();
    for (const entry of entries) notice(entry);
    replying = isAtEnd ? reply_id : undefined;
    return isAtEnd;
  }

  async function take(read: Changes): Promise<void> {
    const { status } = read;
    const isAtEnd = add(read);
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
    // The entries may have been replaced between the read and the commit, so they are read again.
    if (isCertain) hasNews = true;
    else state = 'open';
  }

  function notice(entry: Entry): void {
    if (isCallEnd(entry)) percentages.ended(entry.call_id);
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
