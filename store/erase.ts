/** Erases the words of conversations. The row of each stays, as a tombstone. */
import { type Kysely, sql } from 'kysely';
import { NO_RUN } from '../contract/batch.ts';
import type { Head } from '../contract/head.ts';
import type { ConversationKey } from '../contract/names.ts';
import { headColumns } from './conversations.ts';
import type { EraseStore } from './erase-store.ts';
import { type LockedConversation, lock, rewind } from './held.ts';
import { callsRequestedIn } from './requested-calls.ts';
import type { Database, Db } from './schema.ts';

export const erasing = (db: Kysely<Database>): EraseStore => ({
  erase: (conversation, at) =>
    db.transaction().execute(async (transaction) => {
      if (!(await exists(transaction, conversation))) return undefined;
      const held = await lock(transaction, conversation);
      if (held.status !== 'closed') return 'open';
      const call_ids = await callsOf(transaction, conversation);
      await noteErased(transaction, conversation, call_ids, at);
      await removeWords(transaction, conversation, held);
      await forgetKeys(transaction, conversation, call_ids);
      await entomb(transaction, conversation, held, at);
      return { call_ids };
    }),

  erasedCalls: (since) =>
    db
      .selectFrom('erased_calls')
      .select(['tenant', 'call_id'])
      .where('erased_at', '>=', sql<Date>`${since}::timestamptz`)
      .execute(),
});

const exists = async (db: Db, { tenant, id }: ConversationKey) =>
  (await db
    .selectFrom('conversations')
    .select('id')
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .executeTakeFirst()) !== undefined;

/** The calls that the store knows, and those that an earlier attempt at erasing has noted. */
async function callsOf(db: Db, conversation: ConversationKey): Promise<string[]> {
  const requested = await callsRequestedIn(db, conversation);
  const noted = await db
    .selectFrom('erased_calls')
    .select('call_id')
    .where('tenant', '=', conversation.tenant)
    .where('conversation', '=', conversation.id)
    .execute();
  return [...new Set([...requested, ...noted.map(({ call_id }) => call_id)])];
}

async function noteErased(
  db: Db,
  { tenant, id }: ConversationKey,
  call_ids: string[],
  at: string,
): Promise<void> {
  if (call_ids.length === 0) return;
  await db
    .insertInto('erased_calls')
    .values(call_ids.map((call_id) => ({ tenant, conversation: id, call_id, erased_at: at })))
    .onConflict((conflict) => conflict.columns(['tenant', 'call_id']).doNothing())
    .execute();
}

/** The new revision makes current readers forget everything. */
async function removeWords(
  db: Db,
  conversation: ConversationKey,
  held: LockedConversation,
): Promise<void> {
  const { tenant, id } = conversation;
  await rewind(db, conversation, { base: 1, revision: held.revision + 1 });
  for (const table of ['superseded', 'drafts', 'progress', 'results'] as const) {
    await db
      .deleteFrom(table)
      .where('tenant', '=', tenant)
      .where('conversation', '=', id)
      .execute();
  }
}

/**
 * The key that began the conversation stays taken, without its answer: a repeat must not begin another conversation with the same id.
 */
async function forgetKeys(
  db: Db,
  { tenant, id }: ConversationKey,
  call_ids: string[],
): Promise<void> {
  await db
    .updateTable('idempotency_keys')
    .set({ body_hash: '', answer: '{}' })
    .where('tenant', '=', tenant)
    .where('scope', '=', 'conversations')
    .where(({ eb, or }) =>
      or([eb('about', '=', id), eb(sql<string>`answer::text`, 'like', beginsWith(id))]),
    )
    .execute();
  const scopes = [
    ...['messages of ', 'interruptions of '].map((what) => `${what}${id}`),
    ...call_ids.flatMap((call) => [
      `pushes of ${call}`,
      `taken pushes of ${call}`,
      `approval of ${call} in ${id}`,
    ]),
  ];
  await db
    .deleteFrom('idempotency_keys')
    .where('tenant', '=', tenant)
    .where('scope', 'in', scopes)
    .execute();
  if (call_ids.length === 0) return;
  await db
    .updateTable('calls')
    .set({ how: null })
    .where('tenant', '=', tenant)
    .where('call_id', 'in', call_ids)
    .execute();
}

/** Matches the answer in a row of an earlier version. SQL cannot query JSON that contains \u0000, so it compares the text. */
const beginsWith = (id: string) => `{"id":"${id.replaceAll(/[\\%_]/g, '\\$&')}",%`;

/** Leaves a row that keeps every run from writing to the log again. */
async function entomb(
  db: Db,
  { tenant, id }: ConversationKey,
  { head: { usage } }: LockedConversation,
  at: string,
): Promise<void> {
  const head: Head = { status: 'closed', calls: [], usage };
  await db
    .updateTable('conversations')
    .set({
      ...headColumns(head),
      metadata: '{}',
      fence_run_id: NO_RUN,
      reset: 'null',
      erased_at: sql<string>`coalesce(erased_at, ${at}::timestamptz)`,
    })
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .execute();
}
