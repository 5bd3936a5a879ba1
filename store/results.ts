/** Large results, stored next to the log that names them. A stored result is never changed: it may have been read. */
import { sql } from 'kysely';
import type { Db } from './schema.ts';
import type { Store } from './store.ts';
import { asText } from './words.ts';

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
      // A call that was cancelled may finish late: nothing is kept once its conversation was erased.
      const fresh = await sql`
        insert into results (tenant, conversation, call_id, n, json)
        select ${tenant}::text, ${id}::text, ${call_id}::text, ${String(n)}::text, ${asText(json)}::text
        where not exists (
          select from conversations where tenant = ${tenant} and id = ${id} and erased_at is not null
        )
        on conflict (tenant, conversation, call_id, n) do nothing
        returning n`.execute(db);
      // The insert waited for any earlier one, so a statement after it sees what was kept.
      return fresh.rows.length > 0 ? json : ((await find(conversation, which)) ?? json);
    },

    result: find,
  };
};
