/** The input and output of the rules: events and decisions. */
import type { Entry, Failure, Usage } from '../contract/entry.ts';
import type { ReachedLimit } from '../contract/limits.ts';
import type { GivenAnswer } from '../contract/question.ts';
import type {
  AcknowledgeSignal,
  AnswerCall,
  CallEndedSignal,
  CallEventSignal,
  CancelCallSignal,
  CloseSignal,
  DecideCall,
  DeliverSignal,
  InterruptSignal,
  MessageSignal,
  RecordCallsSignal,
  RequestCallSignal,
  PushedNews,
  ResetSignal,
} from '../contract/signals.ts';
import type { CallStart } from '../contract/call.ts';
import type {
  ReplyRequest,
  ReplyResult,
  SummaryRange,
  SummaryResult,
  TooLong,
} from '../contract/reply.ts';
import type { State } from './state.ts';

/** `at`: when the event reached the conversation, in milliseconds of the workflow's clock. */
export type Event = { at: number } & (
  | ({ type: 'message' } & MessageSignal)
  | ({ type: 'interrupt' } & InterruptSignal)
  | ({ type: 'cancel_call' } & CancelCallSignal)
  | ({ type: 'decide_call' } & DecideCall)
  | ({ type: 'answer_call' } & AnswerCall)
  /** `operator`: the conversation was cancelled through Temporal. */
  | ({ type: 'close'; operator?: true } & CloseSignal)
  /** Nothing is under way: the conversation that is closing can close. */
  | { type: 'settled' }
  | ({ type: 'call_event' } & CallEventSignal)
  | ({ type: 'call_ended' } & CallEndedSignal)
  | { type: 'reply_completed'; reply_id: string; result: ReplyResult }
  /** `limit`: the limit that stopped it (R12). `usage`: its cost even so. `too_long`: the sizes of a window refused as too long. */
  | {
      type: 'reply_failed';
      reply_id: string;
      error: Failure;
      limit?: ReachedLimit;
      usage?: Usage;
      too_long?: TooLong;
    }
  /** `to` equals the `to` of the effect. */
  | { type: 'summary_completed'; to: number; result: SummaryResult }
  | { type: 'summary_failed'; to: number; error: Failure }
  /** This run was created by an operator's reset. */
  | ({ type: 'reset' } & ResetSignal)
  | ({ type: 'request_call' } & RequestCallSignal)
  | ({ type: 'record_calls' } & RecordCallsSignal)
  | ({ type: 'deliver' } & DeliverSignal)
  /** A push is over. `delivered`: seqs of what the harness has taken. */
  | { type: 'news_pushed'; delivered: number[] }
  | ({ type: 'acknowledge' } & AcknowledgeSignal)
  /** A signal that does not fit its schema. */
  | { type: 'signal_dropped'; signal: string; why: string }
  /** Time has passed: sent at `wake_at`, harmless at any other time. */
  | { type: 'tick' }
);

/** An event that has not reached the conversation yet. */
export type Untimed = Event extends infer E ? (E extends Event ? Omit<E, 'at'> : never) : never;

export type Effect =
  | {
      kind: 'start_reply';
      request: Omit<ReplyRequest, 'conversation' | 'agent' | 'attempts' | 'batch'>;
      /** In words, for the Temporal UI. */
      reason: string;
    }
  | { kind: 'stop_reply'; reply_id: string }
  | { kind: 'summarise'; range: SummaryRange }
  | { kind: 'stop_summary' }
  /** `perhaps_started`: a run before an operator's reset may have started it. */
  | { kind: 'start_call'; call: Omit<CallStart, 'conversation'>; perhaps_started?: true }
  | { kind: 'cancel_call'; call_id: string }
  /** Stops what a call has begun that is over before it could start here. */
  | { kind: 'stop_begun'; call: Omit<CallStart, 'conversation'> }
  /** Passes a person's answer on to the call that asked. */
  | { kind: 'answer_call'; call_id: string; answer: GivenAnswer }
  /** R5: tells a harness of news. */
  | { kind: 'push_news'; news: PushedNews[] }
  /** Finds out whether the call has ended meanwhile, in a run that an operator's reset has ended. */
  | { kind: 'look_up_call'; call_id: string };

export interface Decision {
  state: State;
  /** Must be written before any effect is carried out. */
  entries: Entry[];
  effects: Effect[];
}
