/** Deletes data that is no longer needed, and never entries of the log. */
import { sql } from 'kysely';
import type { Db } from './schema.ts';
import type { Store } from './store.ts';

export const pruning = (db: Db): Pick<Store, 'prune'> => ({
  async prune(claimedBefore) {
    await pruneProgress(db);
    await db
      .deleteFrom('idempotency_keys')
      .where('claimed_at', '<', sql<Date>`${claimedBefore}::timestamptz`)
      .execute();
    // Only the stored end is deleted. The row stays, since it says that the call has run.
    await db
      .updateTable('calls')
      .set({ how: null })
      .where('how', 'is not', null)
      .where('changed_at', '<', sql<Date>`${claimedBefore}::timestamptz`)
      .execute();
    await db
      .deleteFrom('holders')
      .where('seen_at', '<', sql<Date>`${claimedBefore}::timestamptz`)
      .execute();
    await db
      .deleteFrom('erased_calls')
      .where('erased_at', '<', sql<Date>`${claimedBefore}::timestamptz`)
      .execute();
    await db
      .deleteFrom('retired')
      .where('retired_at', '<', sql<Date>`${claimedBefore}::timestamptz - interval '335 days'`)
      .execute();
    await db.deleteFrom('tenant_tokens').where('day', '<', claimedBefore.slice(0, 10)).execute();
  },
});

/**
 * Deletes the progress of calls that are not open. A call is in the head from its request to its end. The heads are read here and
 * not in SQL, which cannot query JSON that contains \u0000.
 */
async function pruneProgress(db: Db): Promise<void> {
  const rows = await db
    .selectFrom('progress')
    .innerJoin('conversations as own', (join) =>
      join
        .onRef('own.tenant', '=', 'progress.tenant')
        .onRef('own.id', '=', 'progress.conversation'),
    )
    .select(['progress.tenant', 'progress.conversation', 'progress.call_id', 'own.head'])
    .execute();
  for (const { tenant, conversation, call_id, head } of rows) {
    if (head.calls.some(({ id, ended_at }) => id === call_id && ended_at === undefined)) continue;
    await db
      .deleteFrom('progress')
      .where('tenant', '=', tenant)
      .where('conversation', '=', conversation)
      .where('call_id', '=', call_id)
      .execute();
  }
}
