import { CancellationScope, proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { CallStart } from '../contract/call.ts';
import { failureOf } from './failure.ts';
import { forErrands } from './queues.ts';

/** Stops the program of a call that is over, even if the workflow is cancelled. If that fails, the workflow's details say so. */
export async function stopProgram(start: CallStart): Promise<void> {
  const activities = proxyActivities<Activities>({
    ...forErrands(),
    startToCloseTimeout: '1 minute',
    scheduleToCloseTimeout: '2 minutes',
  });
  try {
    await CancellationScope.nonCancellable(() => activities.stopProgram(start));
  } catch (error) {
    setCurrentDetails(`Its program may still run: ${failureOf(error).message}`);
  }
}
