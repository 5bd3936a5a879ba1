/** The latest progress of each call. What came before it is in the log where the model asked for it, and nowhere else. */
import type { Db } from './schema.ts';
import type { Store } from './store.ts';

export const progress = (db: Db): Pick<Store, 'setProgress' | 'progress'> => ({
  async setProgress({ tenant, id }, callId, latest) {
    const value = JSON.stringify(latest);
    await db
      .insertInto('progress')
      .values({ tenant, conversation: id, call_id: callId, progress: value })
      .onConflict((conflict) =>
        conflict.columns(['tenant', 'conversation', 'call_id']).doUpdateSet({ progress: value }),
      )
      .execute();
  },

  async progress({ tenant, id }, callIds) {
    if (callIds.length === 0) return new Map();
    const rows = await db
      .selectFrom('progress')
      .select(['call_id', 'progress'])
      .where('tenant', '=', tenant)
      .where('conversation', '=', id)
      .where('call_id', 'in', callIds)
      .execute();
    return new Map(rows.map((row) => [row.call_id, row.progress]));
  },
});
