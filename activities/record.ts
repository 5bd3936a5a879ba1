import { isDeepStrictEqual } from 'node:util';
import { ApplicationFailure } from '@temporalio/common';
import type { Batch } from '../contract/batch.ts';
import type { Recorded, Store } from '../store/store.ts';
import type { Bus } from '../stream/bus.ts';

/**
 * Writes a batch of entries to the log and tells the readers. A local activity: at once, and before the task that asked
 * for it is committed; the fence in the batch settles who was right.
 * @param replayed the workflow was replaying when it asked: the fence is that of a task which was committed without this write
 * @returns the words of interrupted replies, so that the history has them too
 * @throws ApplicationFailure `StaleFence`: a later task has written already, or may have
 */
export function createRecord(dependencies: { store: Pick<Store, 'record'>; bus: Bus }) {
  return async function record({ replayed, ...batch }: Batch & { replayed: boolean }) {
    const recorded = replayed ? undefined : await write(dependencies, batch);
    if (recorded?.outcome !== 'recorded') {
      throw ApplicationFailure.nonRetryable('A later task may have written.', 'StaleFence');
    }
    return saidIn(recorded);
  };
}

/** Writes a batch that is certain: whatever fence has written before, it stands from now on. Not a local activity. */
export function createRecordCommitted(dependencies: { store: Pick<Store, 'record'>; bus: Bus }) {
  return async function recordCommitted(batch: Batch) {
    return saidIn(await write(dependencies, batch, { committed: true }));
  };
}

const saidIn = (recorded: Recorded) =>
  recorded.outcome === 'recorded' && Object.keys(recorded.said).length > 0
    ? recorded.said
    : undefined;

/**
 * Writes the batch that rode on a reply (workflows/write.ts). It was committed with the reply, so it may come late but
 * never in vain: while the reply is wanted, whatever a later task wrote began with these entries.
 * @returns false: they do not stand in the log, so the reply is no longer wanted
 */
export async function recordRiding(
  dependencies: { store: Pick<Store, 'record' | 'window'>; bus: Bus },
  batch: Batch,
): Promise<boolean> {
  const { outcome } = await write(dependencies, batch);
  if (outcome === 'recorded') return true;
  const { conversation, base, entries } = batch;
  const range = { from: base, to: base + entries.length - 1 };
  return isDeepStrictEqual(await dependencies.store.window(conversation, range), entries);
}

async function write(
  { store, bus }: { store: Pick<Store, 'record'>; bus: Bus },
  batch: Batch,
  options?: { committed: boolean },
): Promise<Recorded> {
  const recorded = await store.record(batch, options);
  if (recorded.outcome === 'refused') return recorded;
  for (const reply_id of Object.keys(recorded.said)) {
    bus.publish(batch.conversation, { type: 'stop', reply_id });
  }
  bus.publish(batch.conversation, { type: 'poke' });
  return recorded;
}
