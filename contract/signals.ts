/** Signals and updates of conversations and calls, as stored in Temporal's history. */
import type { Failure, Schedule, WhenBusy } from './entry.ts';
import type { ApprovalDecision } from './head.ts';
import type { Limits } from './limits.ts';
import type { ConversationKey } from './names.ts';
import type { GivenAnswer, Question } from './question.ts';
import type { Stored } from './stored.ts';
import type { RequestedCall } from './call.ts';

export interface MessageSignal {
  message_id: string;
  text: string;
  /** Defaults to `interrupt`. */
  when_busy?: WhenBusy;
  /** Becomes the actor's id. */
  author?: string;
}

export interface InterruptSignal {
  /** Identifies a repeat, which changes nothing. A message's own id does too. */
  id?: string;
  scope: 'reply' | 'calls' | 'all';
  /** With scope `calls`: only these. */
  call_ids?: string[];
  /** A message that the user sent with the interruption. */
  message?: MessageSignal;
  by?: string;
}

export interface CancelCallSignal {
  call_id: string;
  by?: string;
}

/** Repeatable: a decision is final. */
export interface DecideCall {
  call_id: string;
  decision: ApprovalDecision;
  /** The model is told why the call was denied. */
  reason?: string;
  /** Becomes the actor's id. */
  by?: string;
}

/** Repeatable: an answer is final. */
export interface AnswerCall extends GivenAnswer {
  call_id: string;
  /** Becomes the actor's id. */
  by?: string;
}

/** Sent by the tool's activity. Senders retry; (call_id, n) identifies a repeat. */
export interface CallEventSignal {
  call_id: string;
  n: number;
  event: 'progress' | 'result';
  /** 0–100. */
  percent?: number;
  note?: string;
  data?: unknown;
  /** Takes the place of `data` that is large. */
  stored?: Stored;
  schedule: Schedule;
  /** The remote tool's own number of the push. */
  pushed_n?: number;
  /** Lower numbers that had not arrived by then, at most 20, lowest first. */
  missing?: number[];
  /** The call asks a person, and waits for the answer. */
  question?: Question;
  /** The tool no longer waits for the answer to its question. */
  settles?: true;
}

/** Sent to the call workflow for each push of a remote tool. Repeatable: n identifies a repeat. `stored` replaces large `data`. */
export type CallPush = { n: number } & (
  | { kind: 'progress'; percent: number; note?: string; schedule: Schedule }
  | { kind: 'result'; data?: unknown; stored?: Stored; schedule: Schedule }
  | { kind: 'done'; data?: unknown; stored?: Stored }
  | { kind: 'failed'; error: Failure }
);

/** Sent once by the call workflow. */
export interface CallEndedSignal {
  call_id: string;
  end: CallEnd;
}

export type CallEnd =
  /** `result` is null if it is `stored`, unless that has more than a model can read: then it is what can be read. */
  | { type: 'completed'; result: unknown; stored?: Stored }
  | { type: 'failed'; error: Failure }
  | { type: 'cancelled' };

/** The state of a call that may have been started before. */
export type CallWorkflowState = { state: 'unknown' | 'running' } | { state: 'ended'; end: CallEnd };

/** The end of a call whose workflow an operator has terminated. */
export const CALL_TERMINATED: Failure = {
  type: 'CallTerminated',
  message: 'An operator terminated the call. How far it got is unknown.',
};

export interface CloseSignal {
  by?: string;
}

/** Sent by the worker that notices the reset, once an operator's reset has created this run. */
export interface ResetSignal {
  run_id: string;
  /** Entries 1 to this one remain from before. If absent: the entries that this run knows of. */
  kept?: number;
  /** Seq of the last entry before the reset. */
  had: number;
  /** Ids of the calls that were running. */
  calls: string[];
  /** In the operator's words. */
  reason?: string;
}

/** The one argument of the conversation workflow (its type is `conversation`). */
export interface ConversationStart {
  conversation: ConversationKey;
  agent: string;
  limits: Limits;
  /**
   * The model is elsewhere: a client requests the calls and receives their results, and the service never replies. Absent: the agent of
   * this name replies.
   */
  replies?: 'external';
  /** With `replies`: where news is pushed. Absent: the harness asks for news, or gets it with its next turn. */
  pushes?: PushTarget;
}

/** Harnesses to which news can be pushed. */
export type PushedHarness = 'codex' | 'opencode';

export interface PushTarget {
  harness: PushedHarness;
  /** The harness's own id of its thread. */
  thread: string;
}

/** The argument of the activity that pushes news. */
export interface NewsPush extends PushTarget {
  conversation: ConversationKey;
  news: PushedNews[];
}

export interface PushedNews {
  /** Seq of its entry. */
  seq: number;
  schedule: Schedule;
}

/** A client requests a call in a conversation whose model is elsewhere. Repeatable: the id of the call identifies a repeat. */
export interface RequestCallSignal {
  call: RequestedCall;
  /** Its tool has begun: it does not wait for a slot. */
  begun?: true;
}

/**
 * Calls that began and ended within the grace time, before the conversation was told of them. Repeatable. `delivered`: the client has
 * been sent the result.
 */
export interface RecordCallsSignal {
  calls: { call: RequestedCall; end: CallEnd; delivered?: true }[];
}

/**
 * The client has been sent this news, or its model has been shown it. Repeatable. `anchor`: where in the client's thread. The client
 * may forget that, so the news is kept until it is acknowledged. Without `anchor`, the news was sent as the call's own result and counts
 * as told.
 */
export interface DeliverSignal {
  /** Seqs of entries. */
  of: number[];
  anchor?: string;
}

/** The client has everything up to this entry. Repeatable. */
export interface AcknowledgeSignal {
  to: number;
}
