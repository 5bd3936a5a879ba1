/**
 * A reply whose window was too long for its model is given again automatically: once a summary has made room, or, if nothing is left
 * to summarise, at once with the longest parts shortened. So a refused window never blocks the conversation.
 */
import type { TooLong } from '../contract/reply.ts';
import type { Again, Reply, State } from './state.ts';
import type { Step } from './step.ts';
import { canMakeRoom, makeRoom } from './summary.ts';

/** Each retry makes the window much smaller; after this many, something else is wrong. */
export const MOST_REFUSALS = 5;

/** A window this small holds little more than the prompt: a provider that refuses it refuses everything. */
const LEAST_TOKENS = 500;

/** Notes the refusal. False when a retry would not help, or when the conversation has no window. */
export function mayAskAgain(state: State, { most, turns }: TooLong): boolean {
  const { context } = state;
  if (!context) return false;
  context.most = Math.max(LEAST_TOKENS, Math.min(most, context.most ?? Infinity));
  context.refusals = (context.refusals ?? 0) + 1;
  const canShorten = (turns.at(-1) ?? 0) > LEAST_TOKENS;
  if (context.refusals <= MOST_REFUSALS && (canShorten || canMakeRoom(state))) return true;
  // The next message starts a new count.
  delete context.refusals;
  return false;
}

/** @param failed seq of the reply.failed entry */
export function askAgain(step: Step, reply: Reply, tooLong: TooLong, failed: number): void {
  const { because, step: nth, started, answers } = reply;
  step.state.context!.again = { because, step: nth, started, answers };
  makeRoom(step, tooLong, failed);
}

/** True while a summary is under way and the reply waits for it: without the room it makes, the provider would refuse it again. */
export const waitsForSummary = ({ context }: State) =>
  context?.again !== undefined && context.underWay !== undefined;

/** The reply that is due to be given again; the messages it answers are unanswered from now on. */
export function giveAgain(state: State): Again | undefined {
  const again = state.context?.again;
  if (!again) return undefined;
  delete state.context!.again;
  state.unanswered = [...again.answers, ...state.unanswered];
  const isMoot = again.because === 'news' && state.unanswered.length + state.news.length === 0;
  return isMoot ? undefined : again;
}

/** The user no longer wants the reply. Its news is told in the next turn. */
export function forgetAgain(state: State): void {
  if (!state.context?.again) return;
  delete state.context.again;
  state.news = state.news.map((news) => ({ ...news, schedule: 'silent' }));
}
