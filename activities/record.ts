import { ApplicationFailure } from '@temporalio/common';
import type { Batch, Store } from '../store/store.ts';
import type { Bus } from '../stream/bus.ts';

/**
 * Writes a batch of entries to the log and tells the readers. A local activity: at once, and before the task that asked
 * for it is committed; the fence in the batch settles who was right.
 * @returns the words of interrupted replies, so that the history has them too
 * @throws ApplicationFailure `StaleFence`: a later task has written already
 */
export function createRecord({ store, bus }: { store: Store; bus: Bus }) {
  return async function record(batch: Batch): Promise<Record<string, string> | undefined> {
    const recorded = await store.record(batch);
    if (recorded.outcome === 'refused') {
      throw ApplicationFailure.nonRetryable('A later task has written already.', 'StaleFence');
    }
    for (const reply_id of Object.keys(recorded.said)) {
      bus.publish(batch.conversation, { type: 'stop', reply_id });
    }
    bus.publish(batch.conversation, { type: 'poke' });
    return Object.keys(recorded.said).length > 0 ? recorded.said : undefined;
  };
}
