/**
 * Writing the log before it is certain (DESIGN §3). What has written with the highest fence is what stands.
 *
 * Nearly every batch is a plain append: one statement, which finds the conversation as expected and locks it, or does nothing.
 * Only when it did nothing (a rewrite, a late duplicate, a stale worker, the very first batch), or a reply is to be interrupted,
 * the conversation is locked first and looked at.
 */
import { isDeepStrictEqual } from 'node:util';
import { sql, type Kysely } from 'kysely';
import { type Batch, compareFences, fenceAbove, type Fence } from '../contract/batch.ts';
import type { Entry, EntryOf } from '../contract/entry.ts';
import { replyNumber, type ConversationKey } from '../contract/names.ts';
import { headColumns, NOTHING_YET } from './conversations.ts';
import { resumeDrafts, stopDrafts } from './drafts.ts';
import type { Database, Db } from './schema.ts';
import type { Recorded, Store } from './store.ts';

export const recording = (db: Kysely<Database>): Pick<Store, 'record'> => ({
  async record(batch, { committed = false } = {}) {
    checkOrder(batch);
    if (!batch.entries.some(isInterrupted) && (await append(db, batch))) {
      return { outcome: 'recorded', said: {} };
    }
    return db.transaction().execute((transaction) => settle(transaction, batch, committed));
  },
});

function checkOrder({ conversation, base, entries }: Batch): void {
  const wrong = entries.find((entry, index) => entry.seq !== base + index);
  if (wrong || !(base >= 1)) {
    const seqs = entries.map((entry) => entry.seq).join(', ');
    throw new Error(
      `A batch for ${name(conversation)} must count up from its base (${base}, at least 1), but its entries are [${seqs}].`,
    );
  }
}

/** False, and nothing done: the log does not end just before this batch, or a higher fence has written, or it is unknown. */
async function append(
  db: Db,
  { conversation: { tenant, id }, fence, base, entries, head }: Batch,
): Promise<boolean> {
  const started = entries.filter((entry) => entry.kind === 'reply.started').at(-1);
  // The draft of the reply before stays: this batch may yet be replaced by one in which that reply is interrupted only now.
  const forget = started ? replyNumber(started.reply_id) - 1 : 0;
  const { status, replying, head: headJson } = headColumns(head);
  const appended = await sql`
    with head as (
      update conversations set
        last_seq = ${base - 1 + entries.length}, fence_run = ${fence.run}, fence_length = ${fence.length}, fence_at = ${fence.at},
        status = ${status}, replying = ${replying}, head = ${headJson}, updated_at = now()
      where tenant = ${tenant} and id = ${id} and last_seq = ${base - 1}
        and (fence_run, fence_length, fence_at) <= (${fence.run}, ${fence.length}, ${fence.at})
      returning id
    ), added as (
      insert into entries (tenant, conversation, seq, kind, body)
      select ${tenant}::text, ${id}::text, seq, kind, body::json
      from unnest(
        ${entries.map((entry) => entry.seq)}::int4[],
        ${entries.map((entry) => entry.kind)}::text[],
        ${entries.map((entry) => JSON.stringify(entry))}::text[]
      ) as entry (seq, kind, body)
      where exists (select from head)
    ), forgotten as (
      delete from drafts
      where tenant = ${tenant} and conversation = ${id} and reply < ${forget}
        and exists (select from head)
    )
    select id from head`.execute(db);
  return appended.rows.length === 1;
}

async function settle(db: Db, batch: Batch, committed: boolean): Promise<Recorded> {
  const { conversation, base } = batch;
  const held = await lock(db, conversation);
  const heldFence = { run: held.fence_run, length: held.fence_length, at: held.fence_at };
  const fence = committed ? fenceAbove(heldFence, batch.fence) : batch.fence;
  const order = compareFences(fence, heldFence);
  if (order < 0) return { outcome: 'refused' };
  if (base > held.last_seq + 1) {
    throw new Error(
      `A batch for ${name(conversation)} begins at ${base}, but its log ends at ${held.last_seq}: there would be a gap.`,
    );
  }

  const standing = base > held.last_seq ? [] : await entriesFrom(db, conversation, base);
  const interrupted = batch.entries.filter(isInterrupted);
  const said = await textsOf(db, conversation, interrupted, standing);
  const entries = batch.entries.map((entry) =>
    isInterrupted(entry) ? { ...entry, text: said[entry.reply_id]! } : entry,
  );

  const same = countSame(standing, entries);
  // This has been written already, and perhaps more after it: a late duplicate takes nothing back.
  if ((order === 0 || committed) && standing.length > 0 && same === entries.length) {
    if (order > 0) await hold(db, conversation, fence);
    return { outcome: 'recorded', said };
  }
  if (same < standing.length) {
    await rewind(db, conversation, { base: base + same, revision: held.revision + 1 });
    const remaining = new Set(interrupted.map((entry) => entry.reply_id));
    const undone = standing.slice(same).filter(isInterrupted);
    await resumeDrafts(
      db,
      conversation,
      undone.map((entry) => entry.reply_id).filter((reply) => !remaining.has(reply)),
    );
  }
  const rest = { ...batch, fence, base: base + same, entries: entries.slice(same) };
  if (!(await append(db, rest))) {
    throw new Error(`The log of ${name(conversation)} does not end where its last_seq says.`);
  }
  return { outcome: 'recorded', said };
}

/** The row, made where there is none, and nobody else's until the transaction ends. */
const lock = (db: Db, { tenant, id }: ConversationKey) =>
  db
    .insertInto('conversations')
    .values({ tenant, id, ...headColumns(NOTHING_YET) })
    // An update that changes nothing: unlike `do nothing`, it locks and returns the row that is there.
    .onConflict((conflict) => conflict.columns(['tenant', 'id']).doUpdateSet({ id }))
    .returning(['last_seq', 'revision', 'fence_run', 'fence_length', 'fence_at'])
    .executeTakeFirstOrThrow();

const hold = (db: Db, { tenant, id }: ConversationKey, { run, length, at }: Fence) =>
  db
    .updateTable('conversations')
    .set({ fence_run: run, fence_length: length, fence_at: at })
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .execute();

async function entriesFrom(db: Db, { tenant, id }: ConversationKey, base: number) {
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

/** What had been said by each reply. One whose draft is forgotten keeps the text that stands in the log. */
async function textsOf(
  db: Db,
  conversation: ConversationKey,
  interrupted: EntryOf<'reply.interrupted'>[],
  standing: Entry[],
): Promise<Record<string, string>> {
  const replies = [...new Set(interrupted.map((entry) => entry.reply_id))];
  const drafts = await stopDrafts(db, conversation, replies);
  const logged = (reply: string) =>
    standing.filter(isInterrupted).find((entry) => entry.reply_id === reply)?.text;
  return Object.fromEntries(replies.map((reply) => [reply, drafts[reply] || logged(reply) || '']));
}

/** How many entries, from the first on, are already there as they should be. */
function countSame(standing: Entry[], entries: Entry[]): number {
  // As JSON, since that is how they stand: a property that is undefined is no property.
  const differs = entries.findIndex(
    (entry, index) => !isDeepStrictEqual(standing[index], JSON.parse(JSON.stringify(entry))),
  );
  return differs === -1 ? entries.length : differs;
}

/** Removes what stands from `base` on, and leaves word for those who have read it. */
async function rewind(
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

const isInterrupted = (entry: Entry): entry is EntryOf<'reply.interrupted'> =>
  entry.kind === 'reply.interrupted';

const name = ({ tenant, id }: ConversationKey) => `conversation ${tenant}/${id}`;
