/** Large results, stored next to the log that names them. A stored result is never changed: it may have been read. */
import type { Db } from './schema.ts';
import type { Store } from './store.ts';

export const results = (db: Db): Pick<Store, 'keepResult' | 'result'> => {
  const find = async (
    { tenant, id }: Parameters<Store['result']>[0],
    { call_id, n }: Parameters<Store['result']>[1],
  ) => {
    const row = await db
      .selectFrom('results')
      .select('json')
      .where('tenant', '=', tenant)
      .where('conversation', '=', id)
      .where('call_id', '=', call_id)
      .where('n', '=', String(n))
      .executeTakeFirst();
    return row?.json;
  };
  return {
    async keepResult(conversation, which, json) {
      const { tenant, id } = conversation;
      const { call_id, n } = which;
      const fresh = await db
        .insertInto('results')
        .values({ tenant, conversation: id, call_id, n: String(n), json })
        .onConflict((conflict) =>
          conflict.columns(['tenant', 'conversation', 'call_id', 'n']).doNothing(),
        )
        .returning('n')
        .executeTakeFirst();
      // The insert waited for any earlier one, so a statement after it sees what was kept.
      return fresh ? json : (await find(conversation, which))!;
    },

    result: find,
  };
};
