/** Calls that a person has to approve. A decision may take days, and nothing else waits for it. */
import type { DecideCall } from '../contract/signals.ts';
import { APPROVAL_TIMEOUT_MS } from '../contract/call.ts';
import { endCall, enqueue, replaceCall } from './calls.ts';
import { callNotFound, findKnownCall } from './known-call.ts';
import { shownInput } from './shown-input.ts';
import type { Call, State } from './state.ts';
import { addEntry, SYSTEM, type Step, user } from './step.ts';

type AwaitingApproval = Call & { status: 'awaiting_approval' };

/** @param cause seqs of the entries that made the approval necessary, in addition to the call's request */
export function awaitApproval(
  step: Step,
  call: Call & { status: 'requested' },
  { why, cause = [] }: { why: string; cause?: number[] },
): void {
  const expires_at = step.at + (call.request.approval?.timeout_ms ?? APPROVAL_TIMEOUT_MS);
  const asked = addEntry(
    step,
    'call.awaiting_approval',
    {
      call_id: call.id,
      why,
      ...shownInput(call.request),
      expires_at: new Date(expires_at).toISOString(),
    },
    { actor: SYSTEM, cause: [call.requested, ...cause] },
  );
  replaceCall(step, { ...call, status: 'awaiting_approval', asked, expires_at, why });
}

/** Hears a person's decision. It is ignored if the call no longer waits for one: a repeat changes nothing. */
export function hearDecision(step: Step, { call_id, decision, reason, by }: DecideCall): void {
  const call = awaiting(step.state).find(({ id }) => id === call_id);
  if (!call) return;
  const decided: AwaitingApproval = { ...call, decision };
  const context = { actor: user(by), cause: [call.requested, call.asked] };
  replaceCall(step, decided);
  if (decision === 'deny') {
    endCall(step, decided, { type: 'denied', reason }, context);
    return;
  }
  const approved = addEntry(step, 'call.approved', { call_id }, context);
  const { asked: _, expires_at: __, why: ___, ...facts } = decided;
  enqueue(step, { ...facts, status: 'requested' }, [approved]);
}

/** Denies the calls whose approval has expired. */
export function expireApprovals(step: Step): void {
  for (const call of awaiting(step.state)) {
    if (step.at < call.expires_at) continue;
    const end = { type: 'denied', reason: 'Nobody decided in time.' } as const;
    endCall(step, call, end, { actor: SYSTEM, cause: [call.requested, call.asked] });
  }
}

/** When the first approval expires. Undefined when no call awaits one. */
export function approvalDueAt(state: State): number | undefined {
  const times = awaiting(state).map(({ expires_at }) => expires_at);
  return times.length > 0 ? Math.min(...times) : undefined;
}

export type Refusal = { type: 'CallNotFound' | 'CallNotAwaiting'; message: string };

/** Why a decision is refused. Undefined when it is accepted, or was accepted before. */
export function refuseDecision(
  state: State,
  { call_id, decision }: DecideCall,
): Refusal | undefined {
  const call = findKnownCall(state, call_id);
  if (!call) return callNotFound(call_id);
  if (call.status === 'awaiting_approval' || call.decision === decision) return undefined;
  const message = `${call_id} does not await approval: it is ${call.status}.`;
  return { type: 'CallNotAwaiting', message };
}

const awaiting = ({ calls }: State) =>
  calls.filter((call): call is AwaitingApproval => call.status === 'awaiting_approval');
