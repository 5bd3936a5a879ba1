/**
 * An operator has reset the conversation's workflow: this run continues from an earlier point. What the other run has decided since
 * is no longer in the log, but the calls it started still run: none may be forgotten, and none may be started twice.
 */
import type { ResetSignal } from '../contract/signals.ts';
import { addEntry, OPERATOR, type Step } from './step.ts';

/** Hears each run that a reset has created once. */
export function hearReset(step: Step, { run_id, kept, had, calls, reason }: ResetSignal): void {
  const { state } = step;
  if (state.reset === run_id) return;
  state.reset = run_id;
  const from = (kept ?? state.seq) + 1;
  const taken = had >= from && { from, to: had };
  addEntry(
    step,
    'conversation.reset',
    { ...taken, ...(reason && { reason }) },
    { actor: OPERATOR, cause: [] },
  );
  const known = new Set(state.calls.map(({ id }) => id));
  for (const call_id of calls) {
    // It runs, but no entry of the log mentions it.
    if (!known.has(call_id)) step.effects.push({ kind: 'cancel_call', call_id });
  }
  for (const call of state.calls) {
    if (call.status === 'running') step.effects.push({ kind: 'look_up_call', call_id: call.id });
    else call.perhaps_started = true;
  }
}
