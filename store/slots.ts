/** Queues of calls, in order of arrival. The caller decides how many calls at the front of each may run. */
import { sql } from 'kysely';
import type { Db } from './schema.ts';
import type { Store } from './store.ts';

export const slots = (db: Db): Pick<Store, 'queueUp' | 'firstInQueue' | 'leaveQueues'> => ({
  async queueUp(place) {
    return (await countBefore(db, place)) ?? join(db, place);
  },

  async firstInQueue({ tenant, queue }, limit) {
    const rows = await db
      .selectFrom('slots')
      .select('call_id')
      .where('tenant', '=', tenant)
      .where('queue', '=', queue)
      .orderBy('place')
      .limit(limit)
      .execute();
    return rows.map((row) => row.call_id);
  },

  async leaveQueues(tenant, callId) {
    await db
      .deleteFrom('slots')
      .where('tenant', '=', tenant)
      .where('call_id', '=', callId)
      .execute();
  },
});

type Place = Parameters<Store['queueUp']>[0];

/** Undefined when the call is not in the queue. */
async function countBefore(db: Db, { tenant, queue, call_id }: Place): Promise<number | undefined> {
  const found = await sql<{ before: number }>`
    select (
      select count(*)::int4 from slots as other
      where other.tenant = own.tenant and other.queue = own.queue and other.place < own.place
    ) as before
    from slots as own
    where tenant = ${tenant} and queue = ${queue} and call_id = ${call_id}`.execute(db);
  return found.rows[0]?.before;
}

async function join(db: Db, place: Place): Promise<number> {
  const { tenant, queue, call_id } = place;
  return db.transaction().execute(async (transaction) => {
    // One at a time: two calls that do not see each other would both be first.
    await sql`select pg_advisory_xact_lock(hashtextextended(${`${tenant}/${queue}`}, 0))`.execute(
      transaction,
    );
    await sql`
      insert into slots (tenant, queue, call_id, place)
      select ${tenant}::text, ${queue}::text, ${call_id}::text, coalesce(max(place), 0) + 1
      from slots where tenant = ${tenant} and queue = ${queue}
      on conflict (tenant, queue, call_id) do nothing`.execute(transaction);
    return (await countBefore(transaction, place))!;
  });
}
