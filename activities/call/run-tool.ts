/** Runs a tool as one activity: a heartbeat from beginning to end, and a signal to the conversation for each event. */
import { Context } from '@temporalio/activity';
import type { CallEnd } from '../../contract/signals.ts';
import type { CallAsks, CallStart } from '../../contract/call.ts';
import { attemptOf } from './attempt.ts';
import type { LiveCalls } from './live-calls.ts';

/**
 * The activity returns the call's end, or that the tool waits for a person. Whatever the tool throws becomes a failed end, and is
 * never retried.
 * @throws CancelledFailure once a cancelled tool has stopped; ApplicationFailure `WorkerShutdown` or `HoldLost`, so that another
 * worker continues; CompleteAsyncError when another process or another attempt has the call
 */
export function createRunTool(calls: Pick<LiveCalls, 'run'>) {
  return function runTool(start: CallStart): Promise<CallEnd | CallAsks> {
    return calls.run(start, attemptOf(Context.current()));
  };
}
