/** The order in which calls are cancelled together. */
import type { Call } from './state.ts';

/**
 * Running calls come last: when one ends, a queued call starts, and no call may start that is about to be cancelled. A call that began
 * before its conversation heard of it stands behind the queue, although it runs.
 */
export function inCancelOrder(calls: readonly Call[]): Call[] {
  const isRunning = ({ status }: Call) => status === 'running';
  return calls.toReversed().toSorted((a, b) => Number(isRunning(a)) - Number(isRunning(b)));
}
