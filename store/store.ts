/**
 * The log of every conversation, and the little data stored with it. The store keeps the text; Temporal keeps the order. The same SQL
 * runs on PGlite (embedded) and PostgreSQL.
 */
import type { Batch, Reset, ResetOrigin } from '../contract/batch.ts';
import type { ClosedBy, Entry, EntryKind } from '../contract/entry.ts';
import type { Head } from '../contract/head.ts';
import type { ConversationKey } from '../contract/names.ts';
import type { ResultNumber } from '../contract/stored.ts';
import type { EraseStore } from './erase-store.ts';
import type { AcceptedMessage } from './gone.ts';
import type { HoldStore } from './hold-store.ts';
import type { KeyStore } from './key-store.ts';
import type { RetentionStore } from './retention-store.ts';

export type Recorded =
  /**
   * `said` has the text of each reply.interrupted and reply.failed of the batch, by reply id. `reset`: the writing run was created
   * by an operator's reset, and the log has no `conversation.reset` for it yet. `appended`: the log is what it was at that revision,
   * followed by the entries of the batch with what `said` has.
   */
  | {
      outcome: 'recorded';
      said: Record<string, string>;
      reset?: Reset;
      appended?: Appended;
    }
  /** The fence was lower than one that has written. Nothing was changed. */
  | { outcome: 'refused' }
  /** Another run holds the log, and this run does not continue it. Nothing was changed: Temporal knows which run is current. */
  | { outcome: 'other_run' }
  /**
   * The run was to take over the log, but the conversation is closed. That is final unless Temporal ended the run that closed it before
   * its end was committed. `by` is that run; absent when no run did. Nothing was changed.
   */
  | { outcome: 'closed'; by?: string };

export interface Appended {
  revision: number;
  /** Seq of the first entry that the write added: the entries of the batch before it stood already. */
  first: number;
  /** The draft that the write was asked to begin has begun. */
  begun?: boolean;
}

export interface RecordOptions {
  /** The draft of a reply that starts with this batch. It begins together with the write if the batch is appended. */
  begins?: DraftStart;
  /** The task that requested the write is committed, so its fence does not matter. A late duplicate removes no later entries. */
  committed?: boolean;
  /** Temporal says that this run is the current one: it takes over the log from any other. Only for committed writes. */
  takes_over?: ResetOrigin;
}

/** Which run writes the log, and where the log ends. */
export interface Writer {
  /** Absent when an older version wrote last, or when nothing has been written yet. */
  run_id?: string;
  last_seq: number;
  status: Head['status'];
  /** Ids of the running calls. */
  calls: string[];
}

export interface StoredConversation extends Head {
  id: string;
  agent: string;
  metadata: Record<string, unknown>;
  created_at: string;
  updated_at: string;
  last_seq: number;
  revision: number;
  /** When its words were erased. */
  erased_at?: string;
}

/** Where a search has found words: the entry, and the part of its text around them. */
export interface Excerpt {
  seq: number;
  text: string;
}

export interface FoundConversation extends StoredConversation {
  /** Absent if no word occurs in a text. */
  excerpt?: Excerpt;
}

export interface FoundConversations {
  conversations: FoundConversation[];
  next_after?: string;
  /** `titles`: only titles, agents and the tools of recent calls were searched, since the words are encrypted. */
  searched: 'words' | 'titles';
}

export interface LogPage {
  entries: Entry[];
  /** Pass as `after` for the next page; absent on the last. */
  next_after?: number;
  revision: number;
}

/** The changes that bring a reader at (after, revision) up to date. */
export interface Changes {
  /** Forget everything after this seq first. */
  rewind?: number;
  entries: Entry[];
  revision: number;
  status: Head['status'];
  /** The reply in flight. */
  reply_id?: string;
}

/** Where a log ends. */
export interface Mark {
  last_seq: number;
  revision: number;
  status: Head['status'];
}

/** An attempt at a reply, and the run that makes it. */
export interface DraftStart {
  reply_id: string;
  attempt: number;
  run_id?: string | undefined;
}

export interface Draft {
  reply_id: string;
  attempt: number;
  text: string;
  /** The run that makes the attempt. */
  run_id?: string;
}

export interface Progress {
  percent?: number;
  note?: string;
  at: string;
}

export type Claim =
  /** The key is new: go ahead with the request. */
  | { outcome: 'fresh' }
  /** Used with the same body: return the same answer again. */
  | { outcome: 'repeated'; answer: unknown }
  /** Used with another body. */
  | { outcome: 'conflict' };

/**
 * Every method throws StoreUnavailable when the store does not answer now. The call may then be repeated, whether or not it took
 * effect, unless the method says otherwise.
 */
export interface Store extends KeyStore, EraseStore, RetentionStore, HoldStore {
  /** Creates the conversation before its first entry. Repeating it changes nothing. */
  open(
    conversation: ConversationKey,
    facts: { agent: string; metadata: Record<string, unknown>; at: string },
  ): Promise<void>;
  /**
   * Writes a batch, and replaces existing entries from its base on.
   * @throws Error if it would leave a gap or does not count up from its base
   */
  record(batch: Batch, options?: RecordOptions): Promise<Recorded>;
  /** Undefined when there is no such conversation. */
  writer(conversation: ConversationKey): Promise<Writer | undefined>;
  /**
   * Closes the log of a conversation whose workflow is gone. No run can write to it afterwards. A run that was ended before its own end
   * was committed may have closed the log already: then the log is closed again, after the messages that it lacks.
   * @param seen the state of the log when the workflow was found gone
   * @returns false, with nothing done, if it is closed already or has been written to since
   */
  closeGone(
    conversation: ConversationKey,
    end: {
      why: ClosedBy;
      at: string;
      seen: Pick<Writer, 'run_id' | 'last_seq'>;
      /** Messages that Temporal has: those missing from the log are written first. */
      sent: AcceptedMessage[];
    },
  ): Promise<boolean>;
  conversation(conversation: ConversationKey): Promise<StoredConversation | undefined>;
  /** Newest first; `after` is the id of the last conversation of the previous page. */
  list(
    tenant: string,
    options: { status?: Head['status']; after?: string; limit: number },
  ): Promise<{ conversations: StoredConversation[]; next_after?: string }>;
  /**
   * The conversations in which each of these words occurs, in what was said or in their title, agent, tools or id. Letters may be
   * upper or lower case. A page looks at a limited number of conversations, so it may be empty, and `next_after` leads on. Each has an
   * excerpt of the text that has the most of the words; among equals, of the earliest.
   */
  search(
    tenant: string,
    options: { words: readonly string[]; after?: string; limit: number },
  ): Promise<FoundConversations>;
  entries(
    conversation: ConversationKey,
    options: { after: number; limit: number; kinds?: EntryKind[] },
  ): Promise<LogPage | undefined>;
  /** Entries and revision as of one moment. Undefined when there is no such conversation. */
  follow(
    conversation: ConversationKey,
    position: { after: number; revision: number; limit: number },
  ): Promise<Changes | undefined>;
  /** The ends of these logs, in the order requested and as of one moment. Cheap. Undefined where there is no such conversation. */
  marks(conversations: ConversationKey[]): Promise<(Mark | undefined)[]>;
  /** Entries with from ≤ seq ≤ to, in order. */
  window(conversation: ConversationKey, range: { from: number; to: number }): Promise<Entry[]>;

  /**
   * Starts the text of an attempt at a reply. False when the reply is no longer wanted, or another run holds the log.
   * @param runId the run that makes the attempt
   */
  beginDraft(
    conversation: ConversationKey,
    replyId: string,
    attempt: number,
    runId?: string,
  ): Promise<boolean>;
  /**
   * Appends to the text of an attempt. False when the reply was interrupted or a newer attempt has begun: show nothing more.
   * @param draft.offset length of the text before it, in UTF-16 units: makes the call repeatable. Default: the end of the text
   * @throws Error if the text is not as long as `offset` says
   */
  appendDraft(conversation: ConversationKey, draft: Draft & { offset?: number }): Promise<boolean>;
  /** The reply in flight, with its text so far. */
  draft(conversation: ConversationKey): Promise<Draft | undefined>;

  setProgress(conversation: ConversationKey, callId: string, progress: Progress): Promise<void>;
  /** The latest progress of each call that has any. */
  progress(conversation: ConversationKey, callIds: string[]): Promise<Map<string, Progress>>;

  /**
   * Stores a large result of a call under its number. A result that is stored already stays.
   * @returns the JSON that is stored
   */
  keepResult(
    conversation: ConversationKey,
    which: { call_id: string; n: ResultNumber },
    json: string,
  ): Promise<string>;
  /** The JSON of a large result. */
  result(
    conversation: ConversationKey,
    which: { call_id: string; n: ResultNumber },
  ): Promise<string | undefined>;

  /** Claims an idempotency key for a request body (its hash) and the answer it will get. */
  claim(
    key: { tenant: string; scope: string; key: string },
    bodyHash: string,
    answer: unknown,
  ): Promise<Claim>;

  /**
   * Removes data that is no longer needed: the progress of calls that are over, and, if older than this, the ends of calls, holders,
   * idempotency keys and spent tokens. The store remembers that a call has run as long as it has the conversation.
   * @param claimedBefore ISO 8601
   */
  prune(claimedBefore: string): Promise<void>;

  /**
   * Puts a call at the end of a queue of its tenant, unless it is already in it.
   * @returns how many calls are before it
   */
  queueUp(place: { tenant: string; queue: string; call_id: string }): Promise<number>;
  /** The ids of the first calls in the queue, at most `limit`. */
  firstInQueue(queue: { tenant: string; queue: string }, limit: number): Promise<string[]>;
  /** Takes a call out of every queue. */
  leaveQueues(tenant: string, callId: string): Promise<void>;

  /**
   * Adds to the tokens that a tenant has spent. Not repeatable.
   * @param of.day UTC, as 2030-01-31
   */
  spendTokens(of: { tenant: string; day: string }, amount: number): Promise<void>;
  tokensSpent(of: { tenant: string; day: string }): Promise<number>;

  close(): Promise<void>;
}
