/**
 * The log of every conversation, and the little that stands beside it. The store holds the words; Temporal holds the order.
 * One SQL for PGlite (embedded) and PostgreSQL.
 */
import type { Batch, Reset, ResetOrigin } from '../contract/batch.ts';
import type { CallEnd } from '../contract/signals.ts';
import type { ClosedBy, Entry, EntryKind } from '../contract/entry.ts';
import type { Head } from '../contract/head.ts';
import type { ConversationKey } from '../contract/names.ts';
import type { ResultNumber } from '../contract/stored.ts';
import type { Sent } from './gone.ts';

export type Recorded =
  /**
   * `said` has the text of each reply.interrupted and reply.failed of the batch, by reply id. `reset`: the run that writes was made by an
   * operator's reset, and the log has no `conversation.reset` of it yet.
   */
  | { outcome: 'recorded'; said: Record<string, string>; reset?: Reset }
  /** The fence was lower than one that has written. Nothing was changed. */
  | { outcome: 'refused' }
  /** Another run holds the log, which this one does not follow. Nothing was changed: Temporal knows which of them is current. */
  | { outcome: 'other_run' }
  /** The run was to take the log over, but the conversation is closed, which is final. Nothing was changed. */
  | { outcome: 'closed' };

export interface RecordOptions {
  /** The task that asked for it is committed, so its fence does not matter. What follows the same entries stays: a duplicate may come late. */
  committed?: boolean;
  /** Temporal says that this run is the current one: it takes the log over from any other. Only for what is committed. */
  takes_over?: ResetOrigin;
}

/** Which run writes the log, and how far it is. */
export interface Writer {
  /** Absent: an older version wrote last, or nobody has written yet. */
  run_id?: string;
  last_seq: number;
  status: Head['status'];
  /** Ids of the calls that run. */
  calls: string[];
}

export interface Conversation extends Head {
  id: string;
  agent: string;
  metadata: Record<string, unknown>;
  created_at: string;
  updated_at: string;
  last_seq: number;
  revision: number;
}

export interface Page {
  entries: Entry[];
  /** Pass as `after` for the next page; absent on the last. */
  next_after?: number;
  revision: number;
}

/** What a reader that stands at (after, revision) has to do to be up to date. */
export interface Followed {
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

export interface Draft {
  reply_id: string;
  attempt: number;
  text: string;
  /** Whose attempt it is. */
  run_id?: string;
}

export interface Progress {
  percent?: number;
  note?: string;
  at: string;
}

export type Claim =
  /** Nobody has used the key: carry on. */
  | { outcome: 'fresh' }
  /** Used with the same body: give the answer that was given. */
  | { outcome: 'repeated'; answer: unknown }
  /** Used with another body. */
  | { outcome: 'conflict' };

/** A process that runs tools. Enough to tell, on the machine it ran on, whether it is dead. */
export interface HolderIdentity {
  /** Processes of one place see each other. Empty: nobody can tell from outside whether it lives. */
  place: string;
  pid: number;
  /** When it began, as its system says it. */
  began: string;
}

/** What a call is held for. */
export interface HoldRequest {
  holder: string;
  /** Of the call's workflow. */
  run: string;
  /** What runs: a `function` of the worker's process, or a `program` that outlives it. */
  body: CallBody;
  /** A holder that was silent for longer has lapsed. By the clock of the store. Milliseconds. */
  lease_ms: number;
  /** A holder that is known to be dead has lapsed, however lately it was seen. */
  dead?: string;
}

export type CallBody = 'function' | 'program';

export type Held =
  /** Nobody has ever held it. It is the asker's now. `turn` counts who had it. */
  | { outcome: 'fresh'; turn: number }
  /** Somebody held it who has lapsed, has given it back, or is the asker itself. It is the asker's now. `run` and `body` are the first ones. */
  | { outcome: 'taken'; turn: number; run: string; body: CallBody }
  /** Another process holds it. */
  | { outcome: 'elsewhere'; holder: string; who?: HolderIdentity; silent_ms: number }
  /** It is over and must never run again. Without `end`: how it ended is forgotten. */
  | { outcome: 'ended'; end?: CallEnd };

/** One turn of a holder at a call: a request of it that arrives late changes nothing for the turns after. */
export interface Hold {
  holder: string;
  turn: number;
}

/**
 * Every method throws StoreUnavailable where the store cannot be asked now, and may be repeated then, whether or not it was done, unless
 * it says otherwise.
 */
export interface Store {
  /** Makes the conversation known before its first entry. Repeating it changes nothing. */
  open(
    conversation: ConversationKey,
    facts: { agent: string; metadata: Record<string, unknown>; at: string },
  ): Promise<void>;
  /**
   * Writes a batch, and takes back what stood in its place.
   * @throws Error where it would leave a gap or does not count up from its base
   */
  record(batch: Batch, options?: RecordOptions): Promise<Recorded>;
  /** Undefined: no such conversation. */
  writer(conversation: ConversationKey): Promise<Writer | undefined>;
  /**
   * Closes the log of a conversation whose workflow is gone. No run writes in it any more.
   * @param seen what the log was like when the workflow was found gone
   * @returns false, and nothing done: it is closed already, or somebody has written since
   */
  closeGone(
    conversation: ConversationKey,
    end: {
      why: ClosedBy;
      at: string;
      seen: Pick<Writer, 'run_id' | 'last_seq'>;
      /** Messages that Temporal has: those which the log has not are written first. */
      sent: Sent[];
    },
  ): Promise<boolean>;
  conversation(conversation: ConversationKey): Promise<Conversation | undefined>;
  /** Newest first; `after` is the id of the last conversation of the page before. */
  list(
    tenant: string,
    options: { status?: Head['status']; after?: string; limit: number },
  ): Promise<{ conversations: Conversation[]; next_after?: string }>;
  entries(
    conversation: ConversationKey,
    options: { after: number; limit: number; kinds?: EntryKind[] },
  ): Promise<Page | undefined>;
  /** Entries and revision as of one moment. Undefined: no such conversation. */
  follow(
    conversation: ConversationKey,
    position: { after: number; revision: number; limit: number },
  ): Promise<Followed | undefined>;
  /** Where these logs end, in the order of asking and as of one moment. Cheap. Undefined: no such conversation. */
  marks(conversations: ConversationKey[]): Promise<(Mark | undefined)[]>;
  /** Entries with from ≤ seq ≤ to, in order. */
  window(conversation: ConversationKey, range: { from: number; to: number }): Promise<Entry[]>;

  /**
   * Starts the text of an attempt at a reply. False: the reply is no longer wanted, or another run holds the log.
   * @param runId whose attempt it is
   */
  beginDraft(
    conversation: ConversationKey,
    replyId: string,
    attempt: number,
    runId?: string,
  ): Promise<boolean>;
  /**
   * Adds to it. False: interrupted meanwhile, or a newer attempt has begun; show nothing more.
   * @param draft.offset length of the text before it, in UTF-16 units: with it, repeating it changes nothing. Default: where the text ends
   * @throws Error where the text is not as long as `offset` says
   */
  appendDraft(conversation: ConversationKey, draft: Draft & { offset?: number }): Promise<boolean>;
  /** The reply being spoken, with its text so far. */
  draft(conversation: ConversationKey): Promise<Draft | undefined>;

  setProgress(conversation: ConversationKey, callId: string, progress: Progress): Promise<void>;
  /** The latest progress of each call that has any. */
  progress(conversation: ConversationKey, callIds: string[]): Promise<Map<string, Progress>>;

  /**
   * Keeps a large result of a call under its number, unless there is one: what stands there stays.
   * @returns the JSON that stands there
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

  /** Takes an idempotency key for a request body (its hash) and the answer it will get. */
  claim(
    key: { tenant: string; scope: string; key: string },
    bodyHash: string,
    answer: unknown,
  ): Promise<Claim>;

  /**
   * Says that a process lives, under a name of its own. Once somebody has taken a call from it, it has lapsed for good.
   * @returns `others`: another holder was seen within the last minute
   */
  renewHolder(holder: string, who: HolderIdentity): Promise<{ lapsed: boolean; others: boolean }>;
  /** Its calls may be taken at once. */
  retireHolder(holder: string): Promise<void>;
  /** Of several who ask at once, exactly one gets the call. */
  holdCall(call: { tenant: string; call_id: string }, request: HoldRequest): Promise<Held>;
  /** False: the call is another's, or over. Nothing was changed then. */
  endCall(call: { tenant: string; call_id: string }, hold: Hold, end: CallEnd): Promise<boolean>;
  /** Lets the next one have it. Changes nothing where the call is another's, or over. */
  releaseCall(call: { tenant: string; call_id: string }, hold: Hold): Promise<void>;

  /**
   * Removes what nobody asks for any more: the progress of calls that are over, how calls ended, and idempotency keys and spent
   * tokens older than this. That a call has run is remembered for ever.
   * @param claimedBefore ISO 8601
   */
  prune(claimedBefore: string): Promise<void>;

  /**
   * Puts a call at the end of a queue of its tenant, unless it is in there.
   * @returns how many are before it
   */
  queueUp(place: { tenant: string; queue: string; call_id: string }): Promise<number>;
  /** The ids of the calls that came first, at most `limit`. */
  firstInQueue(queue: { tenant: string; queue: string }, limit: number): Promise<string[]>;
  /** Takes a call out of every queue. */
  leaveQueues(tenant: string, callId: string): Promise<void>;

  /**
   * Adds to what a tenant has spent. Not repeatable.
   * @param of.day UTC, as 2030-01-31
   */
  spendTokens(of: { tenant: string; day: string }, amount: number): Promise<void>;
  tokensSpent(of: { tenant: string; day: string }): Promise<number>;

  close(): Promise<void>;
}
