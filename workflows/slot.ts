/** If a tenant's calls are limited, a call waits for a slot before its work begins. */
import {
  ActivityCancellationType,
  CancellationScope,
  CancelledFailure,
  ContinueAsNew,
  proxyActivities,
  setCurrentDetails,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { CallStart, Slots } from '../contract/call.ts';
import { forErrands } from './queues.ts';

const slotActivities = () =>
  proxyActivities<Activities>({
    ...forErrands(),
    startToCloseTimeout: '10s',
    // Otherwise an attempt under way could take a slot after it has been released.
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '2500ms' },
  });

/** Runs `work` when the call has a slot, and releases the slot after it. */
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
    // The slot stays taken for the next run, which takes it again under the same call.
    isOver = !(error instanceof ContinueAsNew);
    throw error;
  } finally {
    // If a slot cannot be released, waiting calls reclaim it once this workflow has ended.
    if (isOver) await CancellationScope.nonCancellable(() => releaseSlot(call)).catch(() => {});
  }
}

/** If the call was cancelled while it waited, its cancellation is reported, and not the failure of the last attempt. */
function cancelledOr(error: unknown): never {
  if (CancellationScope.current().consideredCancelled) {
    throw new CancelledFailure('Cancelled while it waited for its turn.');
  }
  throw error;
}
