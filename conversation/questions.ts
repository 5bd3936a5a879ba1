/** Questions of running calls to a person. An answer may take days, and nothing else waits for it. */
import type { Actor } from '../contract/entry.ts';
import type { GivenAnswer } from '../contract/question.ts';
import type { AnswerCall } from '../contract/signals.ts';
import { replaceCall } from './calls.ts';
import { callNotFound, findKnownCall } from './known-call.ts';
import type { Call, State } from './state.ts';
import { addEntry, SYSTEM, type Step, user } from './step.ts';

type Asking = Call & { status: 'running'; question: object };

/** Hears a person's answer. It is ignored if the call no longer asks that question: a repeat changes nothing. */
export function hearAnswer(
  step: Step,
  { call_id, question_id, action, content, by }: AnswerCall,
): void {
  const call = asking(step.state).find(
    ({ id, question }) => id === call_id && question.id === question_id,
  );
  if (call)
    recordAnswer(step, call, { question_id, action, ...(content && { content }) }, user(by));
}

/** Cancels the questions whose time for an answer is over. */
export function expireQuestions(step: Step): void {
  for (const call of asking(step.state)) {
    if (step.at < call.question.expires_at) continue;
    recordAnswer(step, call, { question_id: call.question.id, action: 'cancel' }, SYSTEM);
  }
}

function recordAnswer(step: Step, call: Asking, answer: GivenAnswer, actor: Actor): void {
  const { id: call_id, requested } = call;
  const { question, ...facts } = call;
  const { question_id, action } = answer;
  const cause = [requested, question.asked];
  addEntry(step, 'call.answered', { call_id, ...answer }, { actor, cause });
  replaceCall(step, { ...facts, answered: { question_id, action } });
  step.effects.push({ kind: 'answer_call', call_id, answer });
}

/** When the first question expires. Undefined when no call asks anything. */
export function questionDueAt(state: State): number | undefined {
  const times = asking(state).map(({ question }) => question.expires_at);
  return times.length > 0 ? Math.min(...times) : undefined;
}

export type AnswerRefusal = { type: 'CallNotFound' | 'CallNotAsking'; message: string };

/** Why an answer is refused. Undefined when it is accepted, or was accepted before. */
export function refuseAnswer(
  state: State,
  { call_id, question_id, action }: AnswerCall,
): AnswerRefusal | undefined {
  const call = findKnownCall(state, call_id);
  if (!call) return callNotFound(call_id);
  if (call.status === 'running') {
    if (call.question?.id === question_id) return undefined;
    const last = 'answered' in call ? call.answered : undefined;
    if (last?.question_id === question_id && last.action === action) return undefined;
  }
  const message = `${call_id} does not ask that: it is ${call.status}.`;
  return { type: 'CallNotAsking', message };
}

const asking = ({ calls }: State) =>
  calls.filter((call): call is Asking => call.status === 'running' && call.question !== undefined);
