/** A call whose program runs on another machine: only a worker there can continue it. */
import { ApplicationFailure } from '@temporalio/common';
import type { HeldElsewhere } from '../../tools/keeper/spools.ts';

/** A failure that Temporal retries: that machine's worker may get the next attempt. */
export function heldElsewhere({ message }: HeldElsewhere): ApplicationFailure {
  return ApplicationFailure.create({
    message,
    type: 'HeldElsewhere',
    nextRetryDelay: '2s',
  });
}

/** @returns a function that is true for a call until the given time has passed since it was first asked about */
export function createPatience(longest_ms: number, now = () => performance.now()) {
  const since = new Map<string, number>();
  return (callId: string): boolean => {
    const first = since.get(callId) ?? now();
    const isPatient = now() - first < longest_ms;
    if (isPatient) since.set(callId, first);
    else since.delete(callId);
    return isPatient;
  };
}
