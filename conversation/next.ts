/** The next step of a conversation, by its current state: the order of turns (R1, R3, R4, R6, R11, R12). */
import { approvalDueAt } from './approvals.ts';
import { dropCalls } from './calls.ts';
import { countTurn, heldUntil, holdNothing, hush, isFree, mayBegin } from './initiative.ts';
import { areSuspended } from './managed.ts';
import { isAudible, isUrgent, newsDueAt } from './news.ts';
import { questionDueAt } from './questions.ts';
import { pushDueAt, pushNews } from './push-news.ts';
import { releaseCalls } from './release.ts';
import { interruptReply, startReply } from './replies.ts';
import type { State, TurnState } from './state.ts';
import { SYSTEM, type Step } from './step.ts';
import { giveAgain, waitsForSummary } from './too-long.ts';

/** Advances until the conversation has to wait for something. */
export function goOn(step: Step): void {
  while (!step.state.closed && advance(step));
}

/** When something is due even if no event comes. Undefined when nothing is. */
export function wakeAt(state: State): number | undefined {
  if (state.closed) return undefined;
  const times = [turnDueAt(state), approvalDueAt(state), questionDueAt(state)].filter(
    (at) => at !== undefined,
  );
  return times.length > 0 ? Math.min(...times) : undefined;
}

/** When the turn advances without an event. */
function turnDueAt(state: State): number | undefined {
  if (state.external) return pushDueAt(state);
  switch (state.turn.phase) {
    case 'idle':
      return waitsForSummary(state) ? undefined : newsDueAt(state);
    case 'replying':
      return cutInAt(state);
    case 'closing':
      return undefined;
    case 'settling':
      return releaseAt(state);
    case 'grace':
      return Math.min(state.turn.until, cutInAt(state) ?? Infinity);
  }
}

/** One step of a turn. False when there is nothing to do at the moment. */
function advance(step: Step): boolean {
  const { turn } = step.state;
  switch (turn.phase) {
    case 'idle':
      return step.state.external ? pushNews(step) : takeTurn(step);
    case 'replying':
      return cutIn(step);
    case 'settling':
      return settle(step, turn);
    case 'grace':
      return continueTurn(step, turn);
    case 'closing':
      return false;
  }
}

/** R4: user messages first, then news that is due. */
function takeTurn(step: Step): boolean {
  const { state } = step;
  // The window would be too long again.
  if (waitsForSummary(state)) return false;
  const again = giveAgain(state);
  if (again) {
    const because = state.unanswered.length > 0 ? 'message' : again.because;
    startReply(step, because, { turnStep: again.step, follows: again.started });
    return true;
  }
  if (state.unanswered.length > 0) {
    startReply(step, 'message');
    return true;
  }
  const due = newsDueAt(state);
  if (due === undefined) holdNothing(step);
  if (due === undefined || due > step.at || !mayBegin(step, state.news.filter(isAudible))) {
    return false;
  }
  countTurn(step);
  startReply(step, 'news');
  return true;
}

/** R5: urgent news interrupts a reply, which then starts again with the news. */
function cutIn(step: Step): boolean {
  if (!mayCutIn(step)) return false;
  const { state } = step;
  const cause = state.news.filter(isUrgent).map(({ seq }) => seq);
  interruptReply(step, 'event', { actor: SYSTEM, cause });
  // When no message waits for an answer, the next turn begins because of news, and is counted as unsolicited.
  if (state.unanswered.length > 0) countTurn(step);
  return true;
}

/** Whether there is urgent news for which the agent may interrupt itself (R12). */
function mayCutIn(step: Step): boolean {
  const urgent = step.state.news.filter(isUrgent);
  if (urgent.length === 0) {
    holdNothing(step);
    return false;
  }
  return mayBegin(step, urgent);
}

/** When urgent news that is held back may interrupt. */
const cutInAt = (state: State) =>
  state.news.some(isUrgent) && !state.hushed ? heldUntil(state) : undefined;

/** R3: effects are debounced. */
function settle(step: Step, { reply, spoke }: TurnState & { phase: 'settling' }): boolean {
  const { state } = step;
  if (state.unanswered.length > 0) {
    const messages = state.unanswered.map(({ seq }) => seq);
    dropCalls(step, 'A message came before it was released.', messages);
    return endTurn(state);
  }
  if (step.at < releaseAt(state)) return false;
  const calls = releaseCalls(step);
  const until = step.at + state.limits.grace_ms;
  state.turn = { phase: 'grace', reply, spoke, calls, until };
  return true;
}

/** R11: results of quick calls go to the model in the same turn, so that it does not announce a call twice. */
function continueTurn(step: Step, turn: TurnState & { phase: 'grace' }): boolean {
  const { state } = step;
  if (state.unanswered.length > 0) return endTurn(state);
  const allOver = !state.calls.some(({ id }) => turn.calls.includes(id));
  const goesOn = allOver || step.at >= turn.until;
  // Urgent news gets a turn of its own. Urgent news that a limit holds back is told in this turn, if it continues.
  const cutsIn = goesOn ? state.news.some(isUrgent) && isFree(step) : mayCutIn(step);
  if (cutsIn) return endTurn(state);
  if (!goesOn) return false;

  endTurn(state);
  if (hasNothingToAdd(state, turn)) return true;
  if (turn.reply.step >= state.limits.max_replies_per_turn) {
    // The agent is going round in circles.
    const value = state.limits.max_replies_per_turn;
    hush(step, { limit: 'max_replies_per_turn', value }, [turn.reply.started]);
    return true;
  }
  startReply(step, 'results', { turnStep: turn.reply.step + 1, follows: turn.reply.started });
  return true;
}

function endTurn(state: State): true {
  state.turn = { phase: 'idle' };
  return true;
}

/** True when the turn's own calls have no result yet, and the model either has said what it started or may not speak of it yet. */
function hasNothingToAdd(state: State, { calls, spoke }: TurnState & { phase: 'grace' }): boolean {
  const hasResults = state.news.some(
    ({ call_id, rank }) => calls.includes(call_id) && rank !== 'progress',
  );
  return !hasResults && (spoke || areSuspended(state, calls));
}

const releaseAt = (state: State) => state.last_message_at + state.limits.settle_ms;
