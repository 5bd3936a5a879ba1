/** The order in which calls are cancelled together. */
import type { Call } from './state.ts';

/**
 * Those that run come last: where one makes room, a queued call starts, and none may start that is about to be cancelled. A call that
 * had begun before its conversation heard of it runs behind the queue.
 */
export function inCancelOrder(calls: readonly Call[]): Call[] {
  const isRunning = ({ status }: Call) => status === 'running';
  return calls.toReversed().toSorted((a, b) => Number(isRunning(a)) - Number(isRunning(b)));
}
