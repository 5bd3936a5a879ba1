/**
 * Everything a conversation has to know to decide what happens next. The text is not here but in the log.
 * Plain JSON, so that it survives a round trip at any moment (R15). Times are milliseconds of the workflow's clock.
 */
import type { Schedule, Usage } from '../contract/entry.ts';
import type { ApprovalDecision, CallHead } from '../contract/head.ts';
import type { Limits } from '../contract/limits.ts';
import type { RequestedCall, Suspended } from '../contract/call.ts';
import type { AnswerAction, Question } from '../contract/question.ts';
import type { CutOff, SummaryRange } from '../contract/reply.ts';

export interface State {
  agent: string;
  /** The model is elsewhere: no rule begins a reply (external.ts). */
  external?: true;
  /** Ids of the last calls that its harness has requested, so that a repeat changes nothing (R8). Absent in conversations of earlier versions. */
  requested?: string[];
  /** News is pushed into its harness (push-news.ts). Absent if the harness takes no pushes. */
  pushing?: Pushing;
  limits: Limits;
  /** Seq of the last entry. */
  seq: number;
  closed: boolean;
  /** Replies so far; the last one is `reply_<replies>`. */
  replies: number;
  turn: TurnState;
  /** User messages that no reply has begun to answer, oldest first. */
  unanswered: Unanswered[];
  last_message_at: number;
  /** Call events and ends that no reply has begun to tell, oldest first. */
  news: News[];
  /** News of managed calls whose flow is suspended: neither due nor told before the flow continues. Absent when there is none. */
  held?: News[];
  /** A limit is reached: the agent takes no turn of its own until the user writes again. */
  hushed: boolean;
  /** R12. Absent before the first unsolicited turn. */
  initiative?: Initiative;
  /** Calls that are not over: in the order of their requests, or once released, in the order of the queue. */
  calls: Call[];
  /** The last calls that are over. */
  ended: CallHead[];
  /** Calls cancelled before this conversation knew of them: a reader of the log may be one workflow task ahead. */
  early_cancels: { call_id: string; by?: string }[];
  /** Id of the last run that a reset has created, as far as the log has recorded it. */
  reset?: string;
  /** Count of signals that did not fit their schema, in the last minute that had any. */
  dropped?: Dropped;
  /** Ids of the last messages, so that a repeat changes nothing (R8). */
  seen: string[];
  usage: Usage;
  /** Replies that were stopped and whose cost is not in `usage` yet: the next reply counts it. Absent when there are none. */
  cut_off?: CutOff[];
  /** The part of the log that the model reads. Absent when it always reads all of it. */
  context?: Context;
}

/** The window of the log that the model reads, and the summary of what comes before it. */
export interface Context {
  /** The seqs at which the last turns began, oldest first. */
  turns: number[];
  /** The last summary. The window begins after `to`. */
  summary?: { seq: number; to: number };
  /** The summary being made. `cause`: seqs of what led to it. */
  underWay?: SummaryRange & { cause: number[] };
  /** Tokens of the window at its last count. */
  tokens?: number;
  /** The next summary is requested when the window has more tokens than this. */
  ask_above?: number;
  /** The provider's limit, in tokens, when it is lower than our budget. */
  most?: number;
  /** A reply whose window was too long: it is given again when the summary under way is done. */
  again?: Again;
  /** Number of windows in a row that were too long. */
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
export type TurnState =
  | { phase: 'idle' }
  | { phase: 'replying'; reply: Reply }
  /** R3: the reply is over; the calls it requested wait for their release. */
  | { phase: 'settling'; reply: Reply; spoke: boolean }
  /** R11: its calls are released; quick ones may still end in this turn. */
  | { phase: 'grace'; reply: Reply; spoke: boolean; calls: string[]; until: number }
  /** R15: the conversation stops its open work. The agent no longer speaks; messages are still logged. */
  | { phase: 'closing'; by?: string; operator?: true };

export interface Reply {
  id: string;
  /** Seq of its reply.started entry. */
  started: number;
  /** First entry of its window. Absent means 1. */
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

/** News that is pushed into a harness. */
export interface Pushing {
  /** Seq of the last news that was pushed, or is being pushed. */
  up_to: number;
  /** A push is under way: `up_to` before it. */
  under_way_from?: number;
  /** When the last pushes began, oldest first: at most as many as may begin within a minute (R12). */
  began: number[];
}

/** The agent's unsolicited turns. */
export interface Initiative {
  /** When the last unsolicited turns began, oldest first: at most as many as may begin within a minute. */
  began: number[];
  /** Number of unsolicited turns since the user's last message. */
  in_a_row: number;
  /** True while the per-minute limit holds news back, and the log says so. */
  holding: boolean;
}

export interface News {
  seq: number;
  call_id: string;
  /** `decision`: a person denied the call, or its approval expired. */
  rank: 'decision' | 'end' | 'result' | 'progress';
  schedule: Schedule;
  at: number;
  /** In words, for a reply's reason: "50 % of call_a", "call_a completed". */
  label: string;
  /** The place in the thread of a harness where it was shown to the model. The harness has not acknowledged it yet. */
  delivered?: string;
  /** Its call was cancelled while a reply was telling this news. */
  superseded?: true;
}

export interface Dropped {
  since: number;
  /** How many have an entry of their own. */
  written: number;
  /** How many have none. */
  more: number;
}

export interface CallFacts {
  id: string;
  tool: string;
  /** Seq of its call.requested entry. */
  requested: number;
  requested_at: number;
  /** A person's decision, if one was requested: a repeat changes nothing. */
  decision?: ApprovalDecision;
  /** A run before an operator's reset may have started this call, though this run has not. */
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
      /** Seqs of what released it, in addition to its request. */
      released: number[];
    })
  | (CallFacts & {
      status: 'running';
      /** Kept if its tool checks for duplicates (R10). */
      input?: unknown;
      started_at: number;
      /** Number of the last event seen. */
      n: number;
      percent?: number;
      note?: string;
      /** Present for a managed call. */
      flow?: Suspended;
      /** The question that it asks a person. `asked`: seq of the entry. */
      question?: Question & { asked: number; expires_at: number };
      /** The last answer: a repeat changes nothing. */
      answered?: { question_id: string; action: AnswerAction };
    });

export const SEEN_MESSAGES = 200;
export const EARLY_CANCELS = 20;
export const ENDED_CALLS = 10;
/** More than one signal records. */
export const REQUESTED_CALLS = 200;

export function newConversation(
  agent: string,
  limits: Limits,
  replies?: 'external',
  pushes = false,
): State {
  return {
    agent,
    ...(replies && { external: true, requested: [] }),
    ...(replies && pushes && { pushing: { up_to: 0, began: [] } }),
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

/** True while a reply is being spoken, or while what it requested may still be dropped. `when_busy` applies then. */
export const isBusy = (state: State) =>
  state.turn.phase === 'replying' ||
  state.turn.phase === 'settling' ||
  state.context?.again !== undefined;

/** Messages that are not answered, including those of a reply that is to be given again. */
export const unansweredIn = ({ unanswered, context }: State): Unanswered[] => [
  ...(context?.again?.answers ?? []),
  ...unanswered,
];
