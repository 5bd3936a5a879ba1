/** Where only so many calls run at once in a tenant, a call waits for its turn before its work begins. */
import {
  ActivityCancellationType,
  CancellationScope,
  CancelledFailure,
  ContinueAsNew,
  proxyActivities,
  setCurrentDetails,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { CallStart, Slots } from '../contract/turn.ts';
import { forErrands } from './queues.ts';

const slotActivities = () =>
  proxyActivities<Activities>({
    ...forErrands(),
    startToCloseTimeout: '10s',
    // An attempt under way would take a place after it has been given back.
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '2500ms' },
  });

/** Runs `work` when it is the call's turn, and lets the next one run after it. */
export async function withSlot<T>(
  { conversation, call_id, tool }: CallStart,
  slots: Slots | undefined,
  work: () => Promise<T>,
): Promise<T> {
  if (!slots) return work();
  const call = { conversation, call_id, tool };
  const { takeSlot, releaseSlot } = slotActivities();
  let isOver = true;
  try {
    setCurrentDetails('waits for its turn');
    await takeSlot(call, slots).catch(cancelledOr);
    setCurrentDetails('');
    return await work();
  } catch (error) {
    // The next run has the place already, and takes it again.
    isOver = !(error instanceof ContinueAsNew);
    throw error;
  } finally {
    // A place that cannot be given back is taken back by those who wait, once this workflow has ended.
    if (isOver) await CancellationScope.nonCancellable(() => releaseSlot(call)).catch(() => {});
  }
}

/** An attempt that failed when the call was cancelled meanwhile is the last one, and not what went wrong. */
function cancelledOr(error: unknown): never {
  if (CancellationScope.current().consideredCancelled) {
    throw new CancelledFailure('Cancelled while it waited for its turn.');
  }
  throw error;
}
