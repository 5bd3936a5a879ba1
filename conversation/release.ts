/** Releases a call (R3): it runs, queues, awaits a person's approval, or is over at once. */
import { CANCEL_TOOL } from '../contract/names.ts';
import { awaitApproval } from './approvals.ts';
import { cancelCall, endCall, enqueue, requestedCalls, retire } from './calls.ts';
import { inCancelOrder } from './cancel-order.ts';
import { duplicatesOf } from './duplicates.ts';
import type { Call } from './state.ts';
import { agent, addEntry, SYSTEM, type Step, tool } from './step.ts';

type Requested = Call & { status: 'requested' };

/**
 * Lets the requested calls run, in the model's order, while slots are free (R9).
 * @returns the ids of those that await no approval: their results may come in the same turn
 */
export function releaseCalls(step: Step): string[] {
  const released = requestedCalls(step);
  for (const call of released) release(step, call);
  const waiting = step.state.calls.filter(({ status }) => status === 'awaiting_approval');
  return released.map(({ id }) => id).filter((id) => !waiting.some((call) => call.id === id));
}

function release(step: Step, call: Requested): void {
  const { problem, approval, duplicates } = call.request;
  if (problem) return fail(step, call, problem);
  if (call.tool === CANCEL_TOOL) return carryOutCancel(step, call);

  // R10.
  const open = duplicates ? duplicatesOf(call, step.state.calls) : [];
  const first = open[0];
  if (first && duplicates === 'reject') {
    const message = `The same call is open already: ${first.id} is ${inWords(first)}.`;
    return fail(step, call, { type: 'Duplicate', message }, [first.requested]);
  }
  if (duplicates === 'replace') {
    for (const other of inCancelOrder(open)) {
      cancelCall(step, other, agent(step), 'agent', [call.requested]);
    }
  }
  const isRepeat = first && duplicates === 'confirm';
  if (!isRepeat && !approval) return enqueue(step, call);
  const reasons = [
    approval && (approval.question ?? `${call.tool} requires a person's approval.`),
    isRepeat && `The same call is open already: ${first.id} is ${inWords(first)}.`,
  ];
  awaitApproval(step, call, {
    why: reasons.filter(Boolean).join(' '),
    cause: isRepeat ? [first.requested] : [],
  });
}

function fail(
  step: Step,
  call: Requested,
  error: { type: string; message: string },
  cause: number[] = [],
): void {
  const context = { actor: tool(call.tool), cause: [call.requested, ...cause] };
  endCall(step, call, { type: 'failed', error }, context);
}

const inWords = ({ status }: Call) =>
  status === 'awaiting_approval' ? 'awaiting approval' : status;

/** Carries out `cancel_call` immediately. A success is no news: the model has announced it itself. */
function carryOutCancel(step: Step, call: Requested): void {
  const { call_id: target } = call.request.input as { call_id: string };
  const victim = step.state.calls.find(({ id }) => id === target && id !== call.id);
  if (!victim) {
    fail(step, call, { type: 'NoSuchCall', message: `There is no open call ${target}.` });
    return;
  }
  cancelCall(step, victim, agent(step), 'agent', [call.requested]);
  const result = { cancelled: target };
  addEntry(
    step,
    'call.completed',
    { call_id: call.id, result },
    { actor: SYSTEM, cause: [call.requested] },
  );
  retire(step, call, 'completed');
}
