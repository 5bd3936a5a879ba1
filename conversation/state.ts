/**
 * Everything a conversation has to know to decide what happens next, and no words: those are in the log.
 * Plain JSON, so that it survives a round trip at any moment (R15). Times are milliseconds of the workflow's clock.
 */
import type { Schedule, Usage } from '../contract/entry.ts';
import type { ApprovalDecision, CallHead } from '../contract/head.ts';
import type { Limits } from '../contract/limits.ts';
import type { CutOff, RequestedCall, SummaryRange, Suspended } from '../contract/turn.ts';

export interface State {
  agent: string;
  limits: Limits;
  /** Seq of the last entry. */
  seq: number;
  closed: boolean;
  /** Replies so far; the last one is `reply_<replies>`. */
  replies: number;
  turn: Turn;
  /** User messages that no reply has begun to answer, oldest first. */
  unanswered: Unanswered[];
  last_message_at: number;
  /** Call events and ends that no reply has begun to tell, oldest first. */
  news: News[];
  /** Of managed calls whose flow is suspended: neither due nor told before it goes on. Absent: none. */
  held?: News[];
  /** At a limit the agent takes no turn by itself until the user writes again. */
  hushed: boolean;
  /** R12. Absent: it has begun nothing by itself. */
  initiative?: Initiative;
  /** Calls that are not over, in the order of their request or, once released, in that of the queue. */
  calls: Call[];
  /** The last few that are. */
  ended: CallHead[];
  /** Cancelled before this conversation knew of them: a reader of the log may be one task ahead. */
  early_cancels: { call_id: string; by?: string }[];
  /** The last run that a reset has made, as far as the log says so. */
  reset?: string;
  /** Signals that did not fit their schema, in the last minute in which there were any. */
  dropped?: Dropped;
  /** Ids of the last messages, so that a repeat changes nothing (R8). */
  seen: string[];
  usage: Usage;
  /** Replies that were stopped and whose cost is not in `usage` yet: the next reply counts it. Absent: none. */
  cut_off?: CutOff[];
  /** What of the log the model reads. Absent: all of it, always. */
  context?: Context;
}

/** The window of the log that the model reads, and the summary of what comes before it. */
export interface Context {
  /** Where the last turns began: seqs, oldest first. */
  turns: number[];
  /** The last one. The window begins after `to`. */
  summary?: { seq: number; to: number };
  /** Being made. `cause`: seqs of what led to it. */
  underWay?: SummaryRange & { cause: number[] };
  /** Tokens of the window at its last count. */
  tokens?: number;
  /** The next summary is asked for where the window has more tokens than this. */
  ask_above?: number;
  /** The provider takes less than our budget: what to stay under. */
  most?: number;
  /** A reply whose window was too long: it is given again when the summary that is under way is there. */
  again?: Again;
  /** How often in a row a window was too long. */
  refusals?: number;
}

export interface Again {
  because: Reply['because'];
  step: number;
  /** Seq of its reply.started entry. */
  started: number;
  answers: Unanswered[];
}

/** R1: one variant at a time, so never two replies. */
export type Turn =
  | { phase: 'idle' }
  | { phase: 'replying'; reply: Reply }
  /** R3: the reply is over, the calls it asked for wait for their release. */
  | { phase: 'settling'; reply: Reply; spoke: boolean }
  /** R11: its calls are released; quick ones may still end in this turn. */
  | { phase: 'grace'; reply: Reply; spoke: boolean; calls: string[]; until: number }
  /** R15: it is over, but for what is being stopped. Nobody speaks any more; what is said is still written down. */
  | { phase: 'closing'; by?: string; operator?: true };

export interface Reply {
  id: string;
  /** Seq of its reply.started entry. */
  started: number;
  /** First entry of its window. Absent: 1. */
  from?: number;
  at: number;
  because: 'message' | 'news' | 'results';
  /** 1 for the first reply of a turn, 2 for the one that follows its calls … */
  step: number;
  answers: Unanswered[];
  tells: News[];
}

export interface Unanswered {
  seq: number;
}

/** What the agent has begun by itself. */
export interface Initiative {
  /** When its last turns of that kind began, oldest first: at most as many as may begin within a minute. */
  began: number[];
  /** How many since the user's last message. */
  in_a_row: number;
  /** The limit of a minute holds news back, and the log says so. */
  holding: boolean;
}

export interface News {
  seq: number;
  call_id: string;
  /** decision: a person has denied it, or nobody agreed in time. */
  rank: 'decision' | 'end' | 'result' | 'progress';
  schedule: Schedule;
  at: number;
  /** In words, for a reason: "50 % of call_a", "call_a completed". */
  label: string;
  /** Its call was cancelled while a reply was telling it. */
  superseded?: true;
}

export interface Dropped {
  since: number;
  /** How many have an entry of their own. */
  written: number;
  /** How many have none. */
  more: number;
}

interface CallFacts {
  id: string;
  tool: string;
  /** Seq of its call.requested entry. */
  requested: number;
  requested_at: number;
  /** What a person said where one was asked: to say it again changes nothing. */
  decision?: ApprovalDecision;
  /** A run before an operator's reset may have started it, though this one has not. */
  perhaps_started?: true;
}

export type Call =
  | (CallFacts & { status: 'requested'; request: RequestedCall })
  | (CallFacts & {
      status: 'awaiting_approval';
      request: RequestedCall;
      /** Seq of its call.awaiting_approval entry. */
      asked: number;
      expires_at: number;
      /** Absent in states of earlier versions. */
      why?: string;
    })
  | (CallFacts & {
      status: 'queued';
      request: RequestedCall;
      queued_at: number;
      /** Seqs of what let it go on, beside its request. */
      released: number[];
    })
  | (CallFacts & {
      status: 'running';
      /** Where its tool minds duplicates (R10). */
      input?: unknown;
      started_at: number;
      /** Number of the last event seen. */
      n: number;
      percent?: number;
      note?: string;
      /** Of a managed call. */
      flow?: Suspended;
    });

export const SEEN_MESSAGES = 200;
export const EARLY_CANCELS = 20;
export const ENDED_CALLS = 10;

export function newConversation(agent: string, limits: Limits): State {
  return {
    agent,
    limits,
    seq: 0,
    closed: false,
    replies: 0,
    turn: { phase: 'idle' },
    unanswered: [],
    last_message_at: 0,
    news: [],
    hushed: false,
    calls: [],
    ended: [],
    early_cancels: [],
    seen: [],
    usage: { input_tokens: 0, output_tokens: 0 },
    ...(limits.context_tokens !== undefined && { context: { turns: [] } }),
  };
}

/** A reply is being spoken, or what it asked for may still be dropped: what `when_busy` is about. */
export const isBusy = (state: State) =>
  state.turn.phase === 'replying' ||
  state.turn.phase === 'settling' ||
  state.context?.again !== undefined;

/** Messages that are not answered, those of a reply among them that is to be given again. */
export const unansweredIn = ({ unanswered, context }: State): Unanswered[] => [
  ...(context?.again?.answers ?? []),
  ...unanswered,
];
