/** Deletes data that is no longer needed. The log is never part of it. */
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
    // The row stays, as the log's entries do: it says that the call has run.
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
    await db.deleteFrom('tenant_tokens').where('day', '<', claimedBefore.slice(0, 10)).execute();
  },
});

/**
 * A call's progress begins after its request is in the head, and an open call stays in the head until its end. The heads are read
 * here and not in SQL, which cannot look into JSON that contains \u0000 anywhere.
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
