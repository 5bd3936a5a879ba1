/**
 * The rules of turn-taking, R1–R15: a pure function, so that the same history always leads to the same conversation.
 * No clock, no randomness, no I/O.
 *
 *   R1  one reply at a time                      state.ts (TurnState), replies.ts
 *   R2  user input always wins                   messages.ts
 *   R3  effects are debounced, words are not     next.ts (settle)
 *   R4  the order of what waits                  next.ts (takeTurn), news.ts (byRank)
 *   R5  silent, when idle, interrupt             news.ts, next.ts (cutIn)
 *   R6  news is batched                          news.ts (newsDueAt)
 *   R7  milestones, filtered at the source       ../contract/report-filter.ts
 *   R8  repeats change nothing                   messages.ts, calls.ts (hearEvent)
 *       a managed call's flow is suspended       managed.ts
 *   R9  calls beyond the limit are queued        calls.ts (fillSlots)
 *   R10 an identical call while one is open      release.ts, duplicates.ts
 *   R11 a quick tool stays in its turn           next.ts (continueTurn)
 *   R12 its own initiative is limited            initiative.ts
 *       a window that is too long                summary.ts, too-long.ts
 *   R13 no dangling call                         ../model/transcript.ts
 *   R14 every decision is logged, with why       step.ts (addEntry)
 *       a conversation whose model is elsewhere  external.ts, push-news.ts
 *   R15 closed is final; the state is JSON       messages.ts, state.ts
 */
import { expireApprovals, hearDecision } from './approvals.ts';
import { hearEnd, hearEvent } from './calls.ts';
import type { Decision, Event } from './event.ts';
import { beginClosing, finishClosing, hearCancel, hearInterrupt, hearMessage } from './messages.ts';
import { hearAcknowledgement, hearDelivery, hearRecorded, hearRequest } from './external.ts';
import { goOn } from './next.ts';
import { hearPushed } from './push-news.ts';
import { completeReply, failReply } from './replies.ts';
import { hearReset } from './resets.ts';
import { expireQuestions, hearAnswer } from './questions.ts';
import { hearDropped } from './signals.ts';
import type { Reply, State } from './state.ts';
import { beginStep, type Step } from './step.ts';
import { failSummary, hearSummary } from './summary.ts';

/**
 * Applies events to a state. Events that came together are all heard before anything is done about them, so two messages
 * make one turn. `state` is not changed; the decision contains the next one. Unless another event comes first, a `tick` is
 * due at the `wakeAt` of the next state (next.ts).
 */
export function decide(state: State, ...events: Event[]): Decision {
  const step = hearAll(state, events);
  goOn(step);
  return { state: step.state, entries: step.entries, effects: step.effects };
}

/** The state once these events have been heard, before anything is done about them. Requests are accepted or refused by it. */
export function afterHearing(state: State, events: Event[]): State {
  return hearAll(state, events).state;
}

function hearAll(state: State, events: Event[]): Step {
  const step = beginStep(state);
  // Everything else that was accepted comes before the end of the log.
  const place = ({ type }: Event) => (type === 'reset' ? 0 : type === 'settled' ? 2 : 1);
  const inOrder = events.toSorted((a, b) => place(a) - place(b));
  for (const event of inOrder) {
    step.at = Math.max(step.at, event.at);
    expireApprovals(step);
    expireQuestions(step);
    if (!step.state.closed) hear(step, event);
  }
  return step;
}

function hear(step: Step, event: Event): void {
  switch (event.type) {
    case 'message':
      return hearMessage(step, event);
    case 'interrupt':
      return hearInterrupt(step, event);
    case 'cancel_call':
      return hearCancel(step, event.call_id, event.by);
    case 'decide_call':
      return hearDecision(step, event);
    case 'answer_call':
      return hearAnswer(step, event);
    case 'close':
      return beginClosing(step, event);
    case 'reset':
      return hearReset(step, event);
    case 'request_call':
      return hearRequest(step, event);
    case 'record_calls':
      return hearRecorded(step, event);
    case 'deliver':
      return hearDelivery(step, event);
    case 'news_pushed':
      return hearPushed(step, event);
    case 'acknowledge':
      return hearAcknowledgement(step, event);
    case 'signal_dropped':
      return hearDropped(step, event);
    case 'settled':
      return finishClosing(step);
    case 'call_event':
      return hearEvent(step, event);
    case 'call_ended':
      return hearEnd(step, event.call_id, event.end);
    case 'reply_completed':
      return ifInFlight(step, event.reply_id, (reply) => completeReply(step, reply, event.result));
    case 'reply_failed':
      return ifInFlight(step, event.reply_id, (reply) => failReply(step, reply, event));
    case 'summary_completed':
      return hearSummary(step, event.to, event.result);
    case 'summary_failed':
      return failSummary(step, event.to, event.error);
    case 'tick':
      return undefined;
  }
}

/** The result of an interrupted reply may still arrive; it is ignored. */
function ifInFlight(step: Step, replyId: string, then: (reply: Reply) => void): void {
  const { turn } = step.state;
  if (turn.phase === 'replying' && turn.reply.id === replyId) then(turn.reply);
}
