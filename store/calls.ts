/** Leases on calls: exactly one process holds a call, until the call ends, the process releases it, or its lease expires. */
import { sql } from 'kysely';
import type { Db } from './schema.ts';
import { asJson } from './words.ts';
import type { HoldRequest, HoldResult, HoldStore } from './hold-store.ts';

type Which = Parameters<HoldStore['holdCall']>[0];

/** Locks are taken in one order: the call, then its holder. A renewal locks only the holder. */
export const calls = (db: Db): HoldStore => ({
  async renewHolder(holder, who) {
    const found = await sql<{ others: boolean }>`
      insert into holders (id, who) values (${holder}, ${JSON.stringify(who)})
      on conflict (id) do update set seen_at = clock_timestamp() where not holders.lapsed
      returning exists (
        select from holders as other
        where other.id <> ${holder} and not other.lapsed
          and other.seen_at > clock_timestamp() - interval '1 minute'
      ) as others`.execute(db);
    const [row] = found.rows;
    return { lapsed: row === undefined, others: row?.others ?? true };
  },

  async retireHolder(holder) {
    await db.updateTable('holders').set({ lapsed: true }).where('id', '=', holder).execute();
  },

  async holdCall(call, request) {
    const { holder, run, body } = request;
    const fresh = await db
      .insertInto('calls')
      .values({ ...which(call), holder, run, body })
      .onConflict((conflict) => conflict.columns(['tenant', 'call_id']).doNothing())
      .returning('call_id')
      .executeTakeFirst();
    return fresh ? { outcome: 'fresh', turn: 1 } : takeOver(db, call, request);
  },

  async endCall(call, { holder, turn }, end) {
    const ended = await db
      .updateTable('calls')
      .set({ holder: null, ended: true, how: asJson(end), changed_at: sql<string>`now()` })
      .where('tenant', '=', call.tenant)
      .where('call_id', '=', call.call_id)
      .where('holder', '=', holder)
      .where('turn', '=', turn)
      .returning('call_id')
      .executeTakeFirst();
    return ended !== undefined;
  },

  async releaseCall(call, { holder, turn }) {
    await db
      .updateTable('calls')
      .set({ holder: null, changed_at: sql<string>`now()` })
      .where('tenant', '=', call.tenant)
      .where('call_id', '=', call.call_id)
      .where('holder', '=', holder)
      .where('turn', '=', turn)
      .execute();
  },
});

async function takeOver(db: Db, call: Which, request: HoldRequest): Promise<HoldResult> {
  return db.transaction().execute(async (transaction) => {
    const row = await transaction
      .selectFrom('calls')
      .select(['holder', 'turn', 'run', 'body', 'ended', 'how'])
      .where('tenant', '=', call.tenant)
      .where('call_id', '=', call.call_id)
      .forUpdate()
      .executeTakeFirstOrThrow();
    if (row.ended) return { outcome: 'ended', ...(row.how && { end: row.how }) };
    if (row.holder !== null && row.holder !== request.holder) {
      const alive = await findAlive(transaction, row.holder, request);
      if (alive) return { outcome: 'elsewhere', holder: row.holder, ...alive };
    }
    const turn = row.turn + 1;
    await transaction
      .updateTable('calls')
      .set({ holder: request.holder, turn, changed_at: sql<string>`now()` })
      .where('tenant', '=', call.tenant)
      .where('call_id', '=', call.call_id)
      .execute();
    return { outcome: 'taken', turn, run: row.run, body: row.body };
  });
}

/** Undefined when the holder has lapsed, which it learns at its next renewal. A renewal under way goes first. */
async function findAlive(
  db: Db,
  holder: string,
  { lease_ms, dead }: HoldRequest,
): Promise<Pick<HoldResult & { outcome: 'elsewhere' }, 'who' | 'silent_ms'> | undefined> {
  await sql`
    update holders set lapsed = true
    where id = ${holder} and not lapsed
      and (id = ${dead ?? ''} or seen_at < clock_timestamp() - ${lease_ms}::float8 * interval '1 ms')`.execute(
    db,
  );
  return db
    .selectFrom('holders')
    .select([
      'who',
      sql<number>`(extract(epoch from clock_timestamp() - seen_at) * 1000)::float8`.as('silent_ms'),
    ])
    .where('id', '=', holder)
    .where('lapsed', '=', false)
    .executeTakeFirst();
}

const which = ({ tenant, call_id }: Which) => ({ tenant, call_id });
