/** A conversation as a page or a terminal shows it: a fold over its stream (fold.ts). */
import type { Entry, EntryOf, Failure } from '../contract/entry.ts';
import type { CallHead } from '../contract/head.ts';
import type { OpenQuestion } from '../contract/question.ts';
import type { Stored } from '../contract/stored.ts';

/** Immutable, and so are its parts: an object that is still the same has not changed. */
export interface ConversationState {
  status: 'idle' | 'replying' | 'closed';
  /** Seq of the newest entry; 0 if there is none yet. */
  seq: number;
  /** Everything that was said, in order. The last one of the agent may still grow (`status: 'streaming'`). */
  messages: readonly Message[];
  /** The reply in flight, which is also in `messages`. Its text is empty until the agent speaks. */
  reply: AgentMessage | undefined;
  /** Every call, in the order in which they were requested. */
  calls: readonly CallState[];
  /** The calls that are not over: running, queued, or awaiting approval. */
  open: readonly CallState[];
  /** The calls that await a person's approval. */
  approvals: readonly CallState[];
  /** The calls that ask a person: `question` says what. */
  questions: readonly CallState[];
  /** The calls whose flow is suspended until their results are in: `suspended` says how many are. */
  suspended: readonly CallState[];
  /** The limit that keeps the agent quiet at the moment. */
  limit: { limit: string; value: number; at: string } | undefined;
  /** Set when `status` is `closed`. */
  closed: { at: string; why?: EntryOf<'conversation.closed'>['why'] } | undefined;
  /** The log as far as it is known. */
  entries: readonly Entry[];
}

export type Message = UserMessage | AgentMessage;

export interface UserMessage {
  from: 'user';
  /** Its message id. */
  id: string;
  seq: number;
  at: string;
  text: string;
  /** Name of the person who wrote it. */
  author: string;
}

export interface AgentMessage {
  from: 'agent';
  /** Its reply id. */
  id: string;
  /** Seq of its `reply.started` entry. */
  seq: number;
  at: string;
  text: string;
  status: 'streaming' | 'completed' | 'interrupted' | 'failed';
  /** `news`: an unsolicited reply. The agent speaks because of news, not because of a message. */
  because: EntryOf<'reply.started'>['because'];
  /** Why, in words. */
  reason: string;
  /** Seqs of the entries that led to it. */
  cause: readonly number[];
  /** If interrupted: by what. */
  interrupted_by?: EntryOf<'reply.interrupted'>['by'];
  /** True if the model will not see what was said. */
  rolled_back?: boolean;
  /** If failed. */
  error?: Failure;
}

export interface CallState {
  id: string;
  /** Seq of its `call.requested` entry. */
  seq: number;
  tool: string;
  /** From the moment it awaits approval, the input that the tool gets: converted and completed by the tool's schema. */
  input: unknown;
  status: CallHead['status'];
  /** 0–100; `note` is a line of text beside it. */
  percent?: number;
  note?: string;
  /** Position in the queue; 1 is next. */
  position?: number;
  requested_at: string;
  started_at?: string;
  ended_at?: string;
  /** Seq of the entry that ended it. */
  ended_seq?: number;
  /** While it awaits approval: the question, and the deadline. */
  why?: string;
  expires_at?: string;
  /** While it asks a person: what, and until when. */
  question?: OpenQuestion;
  /** While its flow is suspended: the results received and the number awaited (`of`). Without `of`, it waits until the call ends. */
  suspended?: { results: number; of?: number };
  /** Its partial results. */
  results: readonly PartialResult[];
  /** If completed. */
  result?: unknown;
  /** If the result is large: where it is stored. `conversation.result(id, stored.n)` reads it. */
  stored?: Stored;
  /** If failed. */
  error?: Failure;
  /** If denied, dropped or cancelled: why, or by whom. */
  reason?: string;
}

export interface PartialResult {
  n: number;
  seq: number;
  at: string;
  data?: unknown;
  stored?: Stored;
}
