/** What reaches a conversation from outside, as it stands in Temporal's history. */
import type { Failure, Schedule, WhenBusy } from './entry.ts';
import type { ApprovalDecision } from './head.ts';
import type { Limits } from './limits.ts';
import type { ConversationKey } from './names.ts';
import type { Stored } from './stored.ts';

export interface MessageSignal {
  message_id: string;
  text: string;
  /** Defaults to `interrupt`. */
  when_busy?: WhenBusy;
  /** Becomes the actor's id. */
  author?: string;
}

export interface InterruptSignal {
  scope: 'reply' | 'calls' | 'all';
  /** With scope `calls`: only these. */
  call_ids?: string[];
  /** Said by the user in the same breath. */
  message?: MessageSignal;
  by?: string;
}

export interface CancelCallSignal {
  call_id: string;
  by?: string;
}

/** Repeatable: what was decided stays so. */
export interface DecideCall {
  call_id: string;
  decision: ApprovalDecision;
  /** The model is told why it was denied. */
  reason?: string;
  /** Becomes the actor's id. */
  by?: string;
}

/** Sent by the tool's activity. Senders retry: (call_id, n) tells a repeat. */
export interface CallEventSignal {
  call_id: string;
  n: number;
  event: 'progress' | 'result';
  /** 0–100. */
  percent?: number;
  note?: string;
  data?: unknown;
  /** In place of `data` that is large. */
  stored?: Stored;
  schedule: Schedule;
  /** A remote tool's own number of it. */
  pushed_n?: number;
  /** Numbers below that one which had not come by then, at most 20, lowest first. */
  missing?: number[];
}

/** Sent to the call workflow for each push of a remote tool. Repeatable: n tells a repeat. `stored`: in place of `data` that is large. */
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
  /** `result` is null where it is `stored`. */
  | { type: 'completed'; result: unknown; stored?: Stored }
  | { type: 'failed'; error: Failure }
  | { type: 'cancelled' };

/** How a call ends whose workflow an operator has terminated. */
export const CALL_TERMINATED: Failure = {
  type: 'CallTerminated',
  message: 'An operator has terminated the call. How far it came is unknown.',
};

export interface CloseSignal {
  by?: string;
}

/** Sent by the worker that finds it out, once an operator's reset has made this run. */
export interface ResetSignal {
  run_id: string;
  /** Entries 1 to this one stand from before. Absent: what this run knows of. */
  kept?: number;
  /** The last entry that there was. */
  had: number;
  /** Ids of the calls that ran. */
  calls: string[];
  /** In the operator's words. */
  reason?: string;
}

/** The one argument of the conversation workflow (its type is `conversation`). */
export interface ConversationStart {
  conversation: ConversationKey;
  agent: string;
  limits: Limits;
}
