/** What crosses between the conversation workflow and the activity that asks the model. */
import type { Batch, Reset } from './batch.ts';
import type { Attached, Failure, Usage } from './entry.ts';
import type { ConversationKey } from './names.ts';
import type { CallEnd } from './signals.ts';
import type { ResultRange } from './result-count.ts';

/** The words are read from the store: a turn costs the same history at turn 10 and at turn 10,000. */
export interface ReplyRequest {
  conversation: ConversationKey;
  agent: string;
  reply_id: string;
  /** The model sees the entries from ≤ seq ≤ to. `to` is the reply.started entry of this reply. */
  from: number;
  to: number;
  /** Seq of the summary entry that stands for what comes before `from`. Absent: nothing does. */
  summary?: number;
  /** The result is to say how many tokens the window has. */
  count_tokens?: true;
  /** The most tokens that may be sent: a longer window is shortened. Absent: any number. */
  most_tokens?: number;
  /** Where the last turns begin, oldest first: the result is to say what each of them and those after it have. */
  turns?: number[];
  /** Replies that were cut off, of which nobody knows yet what they cost. */
  cut_off?: CutOff[];
  /** Why it speaks now. */
  because: 'message' | 'news' | 'results';
  /** Seqs of the call events and ends that this reply is to tell. */
  news: number[];
  /** Calls that are not over, oldest first. */
  calls: OpenCall[];
  /** How often the model is asked; the last attempt's error is final. */
  attempts: number;
  /** What the reply writes to the log before anything else. It ends with `to`; what stands before it is in the log. */
  batch?: Batch;
}

/** A reply that was stopped: its first entry of the window, and its reply.started entry. */
export interface CutOff {
  from: number;
  started: number;
}

/** Tokens of a window by its parts, by our own count. */
export interface WindowSizes {
  /** Of what is sent whatever the log says: instructions, tools, the summary, the moment. */
  fixed: number;
  /** Of the window from each of the request's `turns` on. */
  turns: number[];
}

/** Detail of a failure `ModelContextTooLong`. */
export interface TooLong extends WindowSizes {
  /** Of the whole window. */
  tokens: number;
  /** What to stay under from now on. */
  most: number;
}

export interface OpenCall {
  call_id: string;
  tool: string;
  status: 'requested' | 'awaiting_approval' | 'queued' | 'running';
  /** Place in the queue, 1 is next. */
  position?: number;
  /** While it awaits approval: until when a person may agree. */
  expires_at?: string;
  suspended?: Suspended;
  /** Seqs of the entries before `from` without which it cannot be told: its request, and why a person is asked. */
  before?: number[];
  /** Its last progress that the log has, where `before` is set. */
  percent?: number;
  note?: string;
}

/** How the results of a call are awaited: by the model, which is told of each; or by the service, which tells all at once. */
export type Awaits = 'prompt' | 'managed';

/** How far a call is whose flow the service suspends: results that are in, of how many. Without `of`: until it ends. */
export interface Suspended {
  results: number;
  of?: number;
}

export interface ReplyResult {
  text: string;
  usage: Usage;
  /** Of all that the model was sent, by our own count. Absent where nobody asked for it. */
  tokens?: number;
  sizes?: WindowSizes;
  /** What the model asked for, in its order. Ids are ours and new. */
  calls: RequestedCall[];
  /** What its provider wants back. */
  attached?: Attached;
  /** An estimate of what the request's `cut_off` cost. */
  cut_off?: Usage;
  /** As the log says of what rode on it. */
  reset?: Reset;
}

/** Detail of the failure of a reply or summary. */
export interface FailedReply {
  /** Of all attempts, as far as it is known. */
  usage?: Usage;
  /** The window, where that was refused. */
  too_long?: TooLong;
}

/** What of the log a summary is asked for. */
export interface SummaryRange {
  /** The entries from ≤ seq ≤ to. */
  from: number;
  to: number;
  /** Seq of the summary entry that stands for what comes before `from`: the new one covers that too. */
  previous?: number;
  /** The most tokens of a request for it, where the provider takes less than the budget. */
  most_tokens?: number;
}

export interface SummaryRequest extends SummaryRange {
  conversation: ConversationKey;
  agent: string;
  /** How often the model is asked; the last attempt's error is final. */
  attempts: number;
  /** The most tokens in one request to the model, and four times the most of its answer. */
  context_tokens: number;
}

export interface SummaryResult {
  text: string;
  usage: Usage;
}

export interface RequestedCall {
  call_id: string;
  tool: string;
  /** Valid, and as given; or as its tool takes it, where a person may have to agree. */
  input: unknown;
  /** Of a call that a person may have to agree to: what the tool will get, where that is not `input` itself. */
  shown?: { input?: unknown };
  report?: string;
  /** Unknown tool or input that does not fit: the call fails at once and the model is told. */
  problem?: Failure;
  /** R10: what becomes of it while an identical call is open. Absent: nothing. */
  duplicates?: Exclude<Duplicates, 'allow'>;
  /** A person has to agree before it runs. */
  approval?: Approval;
  /** The service suspends its flow. Absent: the model awaits its results itself. */
  awaits?: Extract<Awaits, 'managed'>;
  /** Of a managed call: its flow goes on after so many results. Absent: when it ends. */
  results?: number;
  /** What its provider wants back. */
  attached?: Attached;
}

/** R10: a second identical call runs too, is refused, takes the place of the first, or awaits a person's yes. */
export type Duplicates = 'allow' | 'reject' | 'replace' | 'confirm';

export interface Approval {
  /** What the person is asked, in words. */
  question?: string;
  /** How long it waits for an answer, in milliseconds. */
  timeout_ms: number;
}

/** Where nothing else is said: seven days. */
export const APPROVAL_TIMEOUT_MS = 7 * 24 * 60 * 60 * 1_000;

/** What the call workflow gets when it is started, and what the tool's activity gets from it. */
export interface CallStart {
  conversation: ConversationKey;
  call_id: string;
  tool: string;
  input: unknown;
  /** What a person was shown and has agreed to: with anything else the tool does not run. */
  agreed?: unknown;
  report?: string;
}

/** What has become of a call that may have been started before. */
export type CallState = { state: 'unknown' | 'running' } | { state: 'ended'; end: CallEnd };

/** How many calls run at once in a tenant: of this tool, and in all. Absent: any number. */
export interface Slots {
  tool?: number;
  tenant?: number;
}

/** What the call workflow has to know of a tool; the answer of `describe-tools`. */
export type ToolFacts = {
  timeout_ms: number;
  /** Absent: it need not wait for others. */
  slots?: Slots;
} &
  /** `keeps`: what it has started may run on when its worker dies. */
  (
    | { kind: 'local'; restart: Restart; keeps?: true }
    /** Another team's service, which pushes events: it has failed after so much silence. */
    | {
        kind: 'remote';
        silence_ms: number;
        results: ResultRange;
        /** When the model hears of progress where it did not say. */
        report?: string;
      }
  );

/**
 * After a crash: go on from the last checkpoint; find the program again, which ran on meanwhile; or tell the model that it was cut
 * off.
 */
export type Restart = 'resume' | 'reattach' | 'fail';
