/** Conversations that were closed long ago leave the store. */
import { sql, type Kysely } from 'kysely';
import type { ConversationKey } from '../contract/names.ts';
import { callsRequestedIn } from './requested-calls.ts';
import type { RetentionStore } from './retention-store.ts';
import type { Database, Db } from './schema.ts';

export const retention = (db: Kysely<Database>): RetentionStore => ({
  async due(closedBefore, { limit, skip }) {
    const rows = await db
      .selectFrom('conversations')
      .select(['tenant', 'id', 'closed_at'])
      .where('closed_at', '<', sql<Date>`${closedBefore}::timestamptz`)
      .orderBy('closed_at')
      .orderBy('tenant')
      .orderBy('id')
      .limit(limit)
      .offset(skip)
      .execute();
    return rows.map(({ closed_at, ...key }) => ({ ...key, closed_at: closed_at!.toISOString() }));
  },

  retire: (conversation, { seen, at, file }) =>
    db.transaction().execute(async (transaction) => {
      const { tenant, id } = conversation;
      // Removes the row first: its lock makes every write to the conversation wait until the transaction ends.
      const removed = await transaction
        .deleteFrom('conversations')
        .where('tenant', '=', tenant)
        .where('id', '=', id)
        .where('status', '=', 'closed')
        .where('last_seq', '=', seen.last_seq)
        .where('revision', '=', seen.revision)
        .returning('id')
        .executeTakeFirst();
      if (!removed) return false;
      await forgetCalls(transaction, conversation);
      for (const table of OF_A_CONVERSATION) {
        await transaction
          .deleteFrom(table)
          .where('tenant', '=', tenant)
          .where('conversation', '=', id)
          .execute();
      }
      const note = { file: file ?? null, retired_at: at };
      await transaction
        .insertInto('retired')
        .values({ tenant, conversation: id, ...note })
        // A client's own id may be used again a year later.
        .onConflict((conflict) => conflict.columns(['tenant', 'conversation']).doUpdateSet(note))
        .execute();
      return true;
    }),

  async retired({ tenant, id }) {
    const row = await db
      .selectFrom('retired')
      .select(['retired_at', 'file'])
      .where('tenant', '=', tenant)
      .where('conversation', '=', id)
      .executeTakeFirst();
    if (!row) return undefined;
    const { retired_at, file } = row;
    return { retired_at: retired_at.toISOString(), ...(file !== null && { file }) };
  },
});

const OF_A_CONVERSATION = [
  'entries',
  'revisions',
  'superseded',
  'drafts',
  'progress',
  'results',
] as const;

async function forgetCalls(db: Db, conversation: ConversationKey): Promise<void> {
  const calls = await callsRequestedIn(db, conversation);
  if (calls.length === 0) return;
  await db
    .deleteFrom('calls')
    .where('tenant', '=', conversation.tenant)
    .where(sql<boolean>`call_id = any(${calls}::text[])`)
    .execute();
}
