/** What may be forgotten, since nobody asks for it any more. The log is never part of it. */
import { sql } from 'kysely';
import type { Db } from './schema.ts';
import type { Store } from './store.ts';

export const pruning = (db: Db): Pick<Store, 'prune'> => ({
  async prune(claimedBefore) {
    // A call's progress comes after its request is in the head, and an open call stays there until its end.
    await sql`
      delete from progress
      using conversations as own
      where own.tenant = progress.tenant and own.id = progress.conversation
        and not exists (
          select from json_array_elements(own.head -> 'calls') as call
          where call ->> 'id' = progress.call_id and call ->> 'ended_at' is null
        )`.execute(db);
    await db
      .deleteFrom('idempotency_keys')
      .where('claimed_at', '<', sql<Date>`${claimedBefore}::timestamptz`)
      .execute();
    // That it has run stays, as its entries do.
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
