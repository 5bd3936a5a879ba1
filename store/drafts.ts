/**
 * The text so far of a reply in flight. There is one row per reply, for its latest attempt.
 *
 * A chunk of a stream may end in half a surrogate pair or contain \u0000, and PostgreSQL's text type accepts neither. So the column
 * holds the text as it would appear inside a JSON string: chunks escaped separately concatenate to the escaped whole.
 */
import { type RawBuilder, sql } from 'kysely';
import { replyId, replyNumber, type ConversationKey } from '../contract/names.ts';
import type { Db } from './schema.ts';
import type { Draft, DraftStart, Store } from './store.ts';
import { asText } from './words.ts';

export const drafts = (db: Db): Pick<Store, 'beginDraft' | 'appendDraft' | 'draft'> => ({
  async beginDraft({ tenant, id }, reply_id, attempt, run_id = '') {
    const isHolder = sql`not exists (
      select from conversations
      where tenant = ${tenant} and id = ${id} and ${run_id}::text <> '' and fence_run_id <> ${run_id}::text
    )`;
    const begins = { reply_id, attempt, run_id };
    const begun = await beginning({ tenant, id }, begins, isHolder).execute(db);
    return begun.rows.length === 1;
  },

  async appendDraft(conversation, draft) {
    const { tenant, id } = conversation;
    const { attempt, text, offset, run_id = '' } = draft;
    const number = replyNumber(draft.reply_id);
    const appended = await sql`
      update drafts set text = text || ${asText(toEscaped(text))}, length = length + ${text.length}
      where tenant = ${tenant} and conversation = ${id} and reply = ${number} and attempt = ${attempt}
        and run_id = ${run_id} and not stopped and length = coalesce(${offset ?? null}::int4, length)
      returning reply`.execute(db);
    if (appended.rows.length === 1) return true;
    return offset !== undefined && (await isAppended(db, conversation, { ...draft, offset }));
  },

  async draft({ tenant, id }): Promise<Draft | undefined> {
    const row = await db
      .selectFrom('conversations')
      .innerJoin('drafts', (join) =>
        join
          .onRef('drafts.tenant', '=', 'conversations.tenant')
          .onRef('drafts.conversation', '=', 'conversations.id')
          .onRef('drafts.reply', '=', 'conversations.replying'),
      )
      .select(['drafts.reply', 'drafts.attempt', 'drafts.text'])
      .where('conversations.tenant', '=', tenant)
      .where('conversations.id', '=', id)
      .executeTakeFirst();
    return (
      row && { reply_id: replyId(row.reply), attempt: row.attempt, text: fromEscaped(row.text) }
    );
  },
});

/**
 * Begins a draft if `provided` holds, and then returns a row. R1: once a later reply has begun, this one is over, even if its own row
 * has been removed.
 */
export function beginning(
  { tenant, id }: ConversationKey,
  { reply_id, attempt, run_id = '' }: DraftStart,
  provided: RawBuilder<unknown>,
): RawBuilder<unknown> {
  const number = replyNumber(reply_id);
  return sql`
    insert into drafts (tenant, conversation, reply, attempt, run_id, text)
    select ${tenant}::text, ${id}::text, ${number}::int, ${attempt}::int, ${run_id}::text, ''
    where not exists (
      select from drafts where tenant = ${tenant} and conversation = ${id} and reply > ${number}
    ) and ${provided}
    on conflict (tenant, conversation, reply)
      do update set attempt = excluded.attempt, run_id = excluded.run_id, text = '', length = 0
      where not drafts.stopped and (drafts.run_id <> excluded.run_id or drafts.attempt <= excluded.attempt)
    returning reply`;
}

/**
 * Whether the chunk was already added, by a request whose answer was lost. False when nothing may be added.
 * @throws Error if the draft's length does not match `offset`
 */
async function isAppended(
  db: Db,
  { tenant, id }: ConversationKey,
  { reply_id, attempt, text, offset }: Draft & { offset: number },
): Promise<boolean> {
  const row = await db
    .selectFrom('drafts')
    .select(['attempt', 'stopped', 'length'])
    .where('tenant', '=', tenant)
    .where('conversation', '=', id)
    .where('reply', '=', replyNumber(reply_id))
    .executeTakeFirst();
  if (!row || row.stopped || row.attempt !== attempt) return false;
  if (row.length === offset + text.length) return true;
  throw new Error(`The draft of ${reply_id} has ${row.length} characters, not ${offset}.`);
}

/** Stops these drafts: no text can be added after this. Returns their texts by reply id; '' if a reply had none. */
export async function stopDrafts(
  db: Db,
  { tenant, id }: ConversationKey,
  replies: string[],
): Promise<Record<string, string>> {
  if (replies.length === 0) return {};
  const rows = await db
    .insertInto('drafts')
    // A reply that is cut off before its first attempt gets a row too, so that it cannot begin afterwards.
    .values(
      replies.map((reply) => ({
        tenant,
        conversation: id,
        reply: replyNumber(reply),
        attempt: 0,
        text: '',
        stopped: true,
      })),
    )
    .onConflict((conflict) =>
      conflict.columns(['tenant', 'conversation', 'reply']).doUpdateSet({ stopped: true }),
    )
    .returning(['reply', 'text'])
    .execute();
  return Object.fromEntries(rows.map((row) => [replyId(row.reply), fromEscaped(row.text)]));
}

/** The log no longer says that these replies were interrupted: they may continue. */
export async function resumeDrafts(
  db: Db,
  { tenant, id }: ConversationKey,
  replies: string[],
): Promise<void> {
  if (replies.length === 0) return;
  await db
    .updateTable('drafts')
    .set({ stopped: false })
    .where('tenant', '=', tenant)
    .where('conversation', '=', id)
    .where('reply', 'in', replies.map(replyNumber))
    .execute();
}

/** Removes the drafts of replies after this one, which a reset has removed from the log. */
export async function forgetDraftsAfter(
  db: Db,
  { tenant, id }: ConversationKey,
  reply: number,
): Promise<void> {
  await db
    .deleteFrom('drafts')
    .where('tenant', '=', tenant)
    .where('conversation', '=', id)
    .where('reply', '>', reply)
    .execute();
}

const toEscaped = (text: string) => JSON.stringify(text).slice(1, -1);
const fromEscaped = (escaped: string): string => JSON.parse(`"${escaped}"`);
