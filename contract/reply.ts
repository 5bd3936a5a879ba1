/** The arguments and results of the activities that ask the model. */
import type { Batch, Reset } from './batch.ts';
import type { OpenCall, RequestedCall } from './call.ts';
import type { Attached, Usage, Speculation } from './entry.ts';
import type { ConversationKey } from './names.ts';

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
  /** The batch that the reply writes to the log first. It ends with `to`; everything before it is in the log. */
  batch?: Batch;
}

/** A reply that was stopped: the first entry of its window, and its reply.started entry. */
export interface CutOff {
  from: number;
  started: number;
}

/** Tokens of the parts of a window, by our own count. */
export interface WindowSizes {
  /** The parts that do not depend on the log's window: instructions, tools, the summary, the current time. */
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
  /** The outcome of a speculative start, if there was one. */
  speculation?: Speculation;
  /** An estimate of what the request's `cut_off` cost. */
  cut_off?: Usage;
  /** Returned by the write of the request's `batch`. */
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
