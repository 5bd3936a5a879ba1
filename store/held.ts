/** Locks a conversation's row, and reads and rewinds its entries, for writes that are not plain appends. */
import type { Fence } from '../contract/batch.ts';
import type { ConversationKey } from '../contract/names.ts';
import { headColumns, NOTHING_YET } from './conversations.ts';
import type { Db } from './schema.ts';

/** Locks the conversation's row until the transaction ends. Creates the row if there is none. */
export const lock = (db: Db, { tenant, id }: ConversationKey) =>
  db
    .insertInto('conversations')
    .values({ tenant, id, ...headColumns(NOTHING_YET) })
    // An update that changes nothing: unlike `do nothing`, it locks and returns the existing row.
    .onConflict((conflict) => conflict.columns(['tenant', 'id']).doUpdateSet({ id }))
    .returning([
      'last_seq',
      'revision',
      'fence_run',
      'fence_length',
      'fence_at',
      'fence_run_id',
      'fence_runs',
      'status',
      'head',
      'reset',
    ])
    .executeTakeFirstOrThrow();

export type LockedConversation = Awaited<ReturnType<typeof lock>>;

export const fenceOf = ({
  fence_run,
  fence_length,
  fence_at,
  fence_run_id,
}: LockedConversation): Fence => ({
  run: fence_run,
  length: fence_length,
  at: fence_at,
  ...(fence_run_id !== null && { run_id: fence_run_id }),
});

export const fenceColumns = ({ run, length, at, run_id }: Fence) => ({
  fence_run: run,
  fence_length: length,
  fence_at: at,
  ...(run_id !== undefined && { fence_run_id: run_id }),
});

export async function entriesFrom(db: Db, { tenant, id }: ConversationKey, base: number) {
  const rows = await db
    .selectFrom('entries')
    .select('body')
    .where('tenant', '=', tenant)
    .where('conversation', '=', id)
    .where('seq', '>=', base)
    .orderBy('seq')
    .execute();
  return rows.map((row) => row.body);
}

/** Removes the entries from `base` on, and records a revision for readers that have read them. */
export async function rewind(
  db: Db,
  { tenant, id }: ConversationKey,
  { base, revision }: { base: number; revision: number },
): Promise<void> {
  await db
    .deleteFrom('entries')
    .where('tenant', '=', tenant)
    .where('conversation', '=', id)
    .where('seq', '>=', base)
    .execute();
  await db.insertInto('revisions').values({ tenant, conversation: id, revision, base }).execute();
  await db
    .updateTable('conversations')
    .set({ last_seq: base - 1, revision })
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .execute();
}
