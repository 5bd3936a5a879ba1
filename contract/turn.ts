/** What passes between the conversation workflow and the activity that asks the model. */
import type { Batch, Reset } from './batch.ts';
import type { Attached, Failure, Usage } from './entry.ts';
import type { ConversationKey } from './names.ts';
import type { CallEnd } from './signals.ts';
import type { ResultRange } from './result-count.ts';

/** The text is read from the store, so a turn costs the same history at turn 10 and at turn 10,000. */
export interface ReplyRequest {
  conversation: ConversationKey;
  agent: string;
  reply_id: string;
  /** The model sees the entries from ≤ seq ≤ to. `to` is the reply.started entry of this reply. */
  from: number;
  to: number;
  /** Seq of the summary entry that covers everything before `from`. Absent when there is none. */
  summary?: number;
  /** If set, the result says how many tokens the window has. */
  count_tokens?: true;
  /** The most tokens that may be sent: a longer window is shortened. No limit if absent. */
  most_tokens?: number;
  /** Where the last turns begin, oldest first. The result gives the size of the window from each of them on. */
  turns?: number[];
  /** Replies that were cut off and whose cost is not known yet. */
  cut_off?: CutOff[];
  /** Why the agent speaks now. */
  because: 'message' | 'news' | 'results';
  /** Seqs of the call events and ends that this reply is to tell. */
  news: number[];
  /** Calls that are not over, oldest first. */
  calls: OpenCall[];
  /** How often the model is asked; the last attempt's error is final. */
  attempts: number;
  /** What the reply writes to the log before anything else. It ends with `to`; everything before it is in the log. */
  batch?: Batch;
}

/** A reply that was stopped: the first entry of its window, and its reply.started entry. */
export interface CutOff {
  from: number;
  started: number;
}

/** Tokens of the parts of a window, by our own count. */
export interface WindowSizes {
  /** What is sent whatever the log contains: instructions, tools, the summary, the current time. */
  fixed: number;
  /** The window from each of the request's `turns` on. */
  turns: number[];
}

/** Detail of a failure `ModelContextTooLong`. */
export interface TooLong extends WindowSizes {
  /** Tokens of the whole window. */
  tokens: number;
  /** Limit in tokens for windows from now on. */
  most: number;
}

export interface OpenCall {
  call_id: string;
  tool: string;
  status: 'requested' | 'awaiting_approval' | 'queued' | 'running';
  /** Place in the queue, starting at 1. */
  position?: number;
  /** While the call awaits approval: when the approval expires. */
  expires_at?: string;
  suspended?: Suspended;
  /** Seqs of the entries before `from` that are needed to describe the call: its request, and the request for approval. */
  before?: number[];
  /** Its last progress in the log, if `before` is set. */
  percent?: number;
  note?: string;
}

/** Who awaits the results of a call: the model, which is told of each; or the service, which tells all of them at once. */
export type Awaits = 'prompt' | 'managed';

/** Progress of a call whose flow the service suspends: how many results are in, of how many. Without `of`, it waits for the end. */
export interface Suspended {
  results: number;
  of?: number;
}

export interface ReplyResult {
  text: string;
  usage: Usage;
  /** Tokens of everything that the model was sent, by our own count. Absent unless requested. */
  tokens?: number;
  sizes?: WindowSizes;
  /** The calls that the model requested, in its order. The ids are new and ours. */
  calls: RequestedCall[];
  /** Data that the provider wants back with later requests. */
  attached?: Attached;
  /** An estimate of what the request's `cut_off` cost. */
  cut_off?: Usage;
  /** Returned by the write of the batch that rode on this reply. */
  reset?: Reset;
}

/** Detail of the failure of a reply or summary. */
export interface FailedReply {
  /** Tokens of all attempts, as far as they are known. */
  usage?: Usage;
  /** The sizes of the window, if it was refused as too long. */
  too_long?: TooLong;
}

/** The part of the log that a summary covers. */
export interface SummaryRange {
  /** The entries from ≤ seq ≤ to. */
  from: number;
  to: number;
  /** Seq of the summary entry that covers everything before `from`: the new summary covers that too. */
  previous?: number;
  /** The most tokens of a request for the summary, if the provider takes less than the budget. */
  most_tokens?: number;
}

export interface SummaryRequest extends SummaryRange {
  conversation: ConversationKey;
  agent: string;
  /** How often the model is asked; the last attempt's error is final. */
  attempts: number;
  /** The most tokens in one request to the model. Its answer may have a quarter of that. */
  context_tokens: number;
}

export interface SummaryResult {
  text: string;
  usage: Usage;
}

export interface RequestedCall {
  call_id: string;
  tool: string;
  /** Valid, and as the model gave it. If a person may have to approve: what the tool's schema makes of it, if stable. */
  input: unknown;
  /** For a call that a person may have to approve: what the tool will get, if it differs from `input`. */
  shown?: { input?: unknown };
  report?: string;
  /** Unknown tool or invalid input: the call fails at once and the model is told. */
  problem?: Failure;
  /** R10: how the call is handled while an identical call is open. If absent, it simply runs. */
  duplicates?: Exclude<Duplicates, 'allow'>;
  /** Present when a person has to approve the call before it runs. */
  approval?: Approval;
  /** The service suspends its flow. If absent, the model awaits the results itself. */
  awaits?: Extract<Awaits, 'managed'>;
  /** For a managed call: its flow continues after this many results. If absent, when the call ends. */
  results?: number;
  /** Data that the provider wants back with later requests. */
  attached?: Attached;
}

/** R10: a second identical call runs too, is refused, replaces the first, or awaits a person's approval. */
export type Duplicates = 'allow' | 'reject' | 'replace' | 'confirm';

export interface Approval {
  /** What the person is asked, in words. */
  question?: string;
  /** How long the call waits for a decision, in milliseconds. */
  timeout_ms: number;
}

/** The default: seven days. */
export const APPROVAL_TIMEOUT_MS = 7 * 24 * 60 * 60 * 1_000;

/** The argument of the call workflow, which it passes on to the tool's activity. */
export interface CallStart {
  conversation: ConversationKey;
  call_id: string;
  tool: string;
  input: unknown;
  /** The input that a person was shown and has approved: the tool does not run with any other. */
  agreed?: unknown;
  report?: string;
}

/** The state of a call that may have been started before. */
export type CallState = { state: 'unknown' | 'running' } | { state: 'ended'; end: CallEnd };

/** How many calls may run at once in a tenant: of this tool, and in all. No limit if absent. */
export interface Slots {
  tool?: number;
  tenant?: number;
}

/** What the call workflow has to know of a tool; the result of `describe-tools`. */
export type ToolFacts = {
  timeout_ms: number;
  /** If absent, the call need not wait for other calls. */
  slots?: Slots;
} &
  /** `keeps`: what the tool has started may continue to run when its worker dies. */
  (
    | { kind: 'local'; restart: Restart; keeps?: true }
    /** Another team's service, which pushes events. The call fails after `silence_ms` without one. */
    | {
        kind: 'remote';
        silence_ms: number;
        results: ResultRange;
        /** When the model hears of progress if it did not say so itself. */
        report?: string;
      }
  );

/**
 * What happens after a crash: continue from the last checkpoint; find the program again, which has continued to run; or tell the
 * model that the call was cut off.
 */
export type Restart = 'resume' | 'reattach' | 'fail';
