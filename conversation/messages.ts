/** The user's actions: write, interrupt, cancel, close. User input always wins (R2). */
import type { InterruptSignal, MessageSignal } from '../contract/signals.ts';
import { cancelCall, dropCalls } from './calls.ts';
import { inCancelOrder } from './cancel-order.ts';
import { freeByMessage } from './initiative.ts';
import { failNews } from './news.ts';
import { interruptReply } from './replies.ts';
import { countDropped } from './signals.ts';
import { EARLY_CANCELS, SEEN_MESSAGES } from './state.ts';
import { addEntry, OPERATOR, type Step, user } from './step.ts';
import { stopSummary } from './summary.ts';
import { forgetAgain } from './too-long.ts';

/** Hears a message once: a repeat of its id changes nothing (R8). */
export function hearMessage(step: Step, message: MessageSignal): void {
  const { state } = step;
  const { message_id, text, when_busy = 'interrupt', author } = message;
  if (state.seen.includes(message_id)) return;
  state.seen = [...state.seen, message_id].slice(-SEEN_MESSAGES);
  const actor = user(author);
  const seq = addEntry(step, 'message.user', { message_id, text, when_busy }, { actor, cause: [] });
  if (when_busy === 'interrupt' || when_busy === 'rollback') {
    const rollback = when_busy === 'rollback';
    interruptReply(step, 'message', { actor, cause: [seq], rollback });
  }
  // The model is elsewhere: no reply is started here.
  if (!state.external) state.unanswered.push({ seq });
  state.last_message_at = step.at;
  freeByMessage(step);
}

/** Stops the reply, the calls, or both, with or without a message. A repeat would stop what was begun since (R8). */
export function hearInterrupt(step: Step, interrupt: InterruptSignal): void {
  const { id, scope, call_ids, message, by } = interrupt;
  const { seen } = step.state;
  if ([id, message?.message_id].some((each) => each !== undefined && seen.includes(each))) return;
  if (id !== undefined) step.state.seen = [...seen, id].slice(-SEEN_MESSAGES);
  const actor = user(by);
  if (scope !== 'calls') {
    interruptReply(step, 'request', { actor, cause: [] });
    forgetAgain(step.state);
    if (step.state.turn.phase === 'settling') {
      dropCalls(step, 'The user interrupted before it was released.', []);
      step.state.turn = { phase: 'idle' };
    }
  }
  if (scope !== 'reply') {
    const open = inCancelOrder(step.state.calls).map(({ id }) => id);
    const chosen = scope === 'calls' && call_ids ? new Set(call_ids) : new Set(open);
    for (const id of open) if (chosen.delete(id)) hearCancel(step, id, by);
    for (const id of chosen) hearCancel(step, id, by);
  }
  if (message) hearMessage(step, message);
}

/** Cancels one call. A call that is over stays as it is; one that is not known yet is cancelled when it is requested. */
export function hearCancel(step: Step, callId: string, by?: string): void {
  const { state } = step;
  const call = state.calls.find(({ id }) => id === callId);
  if (call) return cancelCall(step, call, user(by), 'user');
  if (state.ended.some(({ id }) => id === callId)) return;
  const early = { call_id: callId, ...(by !== undefined && { by }) };
  state.early_cancels = [...state.early_cancels, early].slice(-EARLY_CANCELS);
}

/** R15: begins closing. Open work is stopped; what the user has already sent is still heard, so that nothing accepted is lost. */
export function beginClosing(step: Step, { by, operator }: { by?: string; operator?: true }): void {
  const { state } = step;
  const actor = operator ? OPERATOR : user(by);
  interruptReply(step, 'close', { actor, cause: [] });
  forgetAgain(state);
  stopSummary(step);
  state.turn = {
    phase: 'closing',
    ...(by !== undefined && { by }),
    ...(operator && { operator }),
  };
  for (const call of inCancelOrder(state.calls)) cancelCall(step, call, actor, 'close');
}

/** Closes the conversation once all work is stopped. Every piece of news gets its receipt; later events are ignored. */
export function finishClosing(step: Step): void {
  const { state } = step;
  if (state.turn.phase !== 'closing') return;
  const { by, operator } = state.turn;
  failNews(step);
  countDropped(step);
  const [why, actor] = operator ? [{ why: 'cancelled' } as const, OPERATOR] : [{}, user(by)];
  addEntry(step, 'conversation.closed', why, { actor, cause: [] });
  state.turn = { phase: 'idle' };
  state.closed = true;
}
