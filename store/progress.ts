/** The latest progress of each call. Earlier progress is kept only in the log, if the model asked for it. */
import type { Insertable } from 'kysely';
import { gathered } from './gathered.ts';
import type { Database, Db } from './schema.ts';
import type { Store } from './store.ts';
import { asJson } from './words.ts';

export const progress = (db: Db): Pick<Store, 'setProgress' | 'progress'> => {
  // Forty calls that report progress several times a second would otherwise keep the embedded database from the log.
  const put = gathered((rows: Row[]) => write(db, rows), GATHER_MS);
  return {
    setProgress({ tenant, id }, call_id, latest) {
      const row = { tenant, conversation: id, call_id, progress: asJson(latest) };
      return put(JSON.stringify([tenant, id, call_id]), row);
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
  };
};

const GATHER_MS = 100;

type Row = Insertable<Database['progress']>;

async function write(db: Db, rows: Row[]): Promise<void> {
  await db
    .insertInto('progress')
    .values(rows)
    .onConflict((conflict) =>
      conflict
        .columns(['tenant', 'conversation', 'call_id'])
        .doUpdateSet(({ ref }) => ({ progress: ref('excluded.progress') })),
    )
    .execute();
}
