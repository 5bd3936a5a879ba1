/** What people do about calls: the number chooses among those that wait for them. Undefined: nothing waits, or it is refused. */
import type { ApprovalDecision } from '../../contract/head.ts';
import type { AnswerAction } from '../../contract/question.ts';
import { refuseDecision } from '../../conversation/approvals.ts';
import { afterHearing } from '../../conversation/decide.ts';
import type { Event, Untimed } from '../../conversation/event.ts';
import { refuseAnswer } from '../../conversation/questions.ts';
import type { State } from '../../conversation/state.ts';
import type { Shell } from './shell.ts';

type Conversation = Pick<Shell, 'state' | 'inbox'>;

export function decisionOn(
  { state, inbox }: Conversation,
  { call: nth, decision, at }: { call: number; decision: ApprovalDecision; at: number },
): Untimed | undefined {
  const waiting = state.calls.filter(({ status }) => status === 'awaiting_approval');
  const call = waiting[nth % waiting.length];
  if (!call) return undefined;
  const decided: Untimed = { type: 'decide_call', call_id: call.id, decision };
  return isRefused({ state, inbox }, decided, at) ? undefined : decided;
}

export function answerFor(
  { state, inbox }: Conversation,
  { call: nth, action, at }: { call: number; action: AnswerAction; at: number },
): Untimed | undefined {
  const asking = state.calls.filter((call) => call.status === 'running' && call.question);
  const call = asking[nth % asking.length];
  if (call?.status !== 'running' || !call.question) return undefined;
  const { id: question_id } = call.question;
  const answer: Untimed = { type: 'answer_call', call_id: call.id, question_id, action };
  return isRefused({ state, inbox }, answer, at) ? undefined : answer;
}

/** The validator of an update. No other signal has one. */
export function isRefused({ state, inbox }: Conversation, signal: Untimed, at: number): boolean {
  const heard = (): State => afterHearing(state, [...inbox, { type: 'tick', at } satisfies Event]);
  if (signal.type === 'decide_call') return refuseDecision(heard(), signal) !== undefined;
  if (signal.type === 'answer_call') return refuseAnswer(heard(), signal) !== undefined;
  return false;
}
