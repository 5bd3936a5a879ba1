/** A workflow that runs a tool as earlier versions did: on the task queue of everything else. */
import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../../activities/index.ts';
import type { CallEnd } from '../../contract/signals.ts';
import type { CallAsks, CallStart } from '../../contract/call.ts';

export function earlierCall(start: CallStart, taskQueue: string): Promise<CallEnd | CallAsks> {
  const { runTool } = proxyActivities<Activities>({
    taskQueue,
    startToCloseTimeout: '1 minute',
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  });
  return runTool(start);
}
