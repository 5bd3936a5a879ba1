/** Calls that somebody has cancelled, or that a user's interrupt has found unreleased: none goes on. */
import type { Event } from '../../conversation/event.ts';
import { broken } from './violation.ts';

interface CancelledCall {
  id: string;
  status: string;
}

/** @param calls all that were ever requested */
export function createCancelAudit<Call extends CancelledCall>(calls: ReadonlyMap<string, Call>) {
  /** Cancelled before they were requested. */
  const early = new Set<string>();
  let withdrawn: string[] = [];
  let cancelled: string[] = [];

  return {
    /** Before what is decided on them. */
    heard(events: Event[]): void {
      for (const event of events) {
        if (event.type === 'interrupt' && event.scope !== 'calls') {
          const found = [...calls.values()].filter(({ status }) => status === 'requested');
          withdrawn.push(...found.map(({ id }) => id));
        }
        if (event.type !== 'cancel_call') continue;
        if (calls.has(event.call_id)) cancelled.push(event.call_id);
        else early.add(event.call_id);
      }
    },
    isRequested(call_id: string): void {
      if (early.has(call_id)) cancelled.push(call_id);
    },
    afterwards(): void {
      const goesOn = (id: string) => calls.get(id)!.status !== 'over';
      for (const id of withdrawn.filter(goesOn))
        throw broken('R3', `${id} goes on though the user interrupted.`);
      for (const id of cancelled.filter(goesOn))
        throw broken('R2', `${id} goes on though it was cancelled.`);
      [withdrawn, cancelled] = [[], []];
    },
  };
}
