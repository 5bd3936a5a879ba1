/**
 * Writes the log before the workflow's task is committed (docs/decisions/0020-certain-writes.md). The write with the highest fence wins.
 *
 * Nearly every batch is a plain append: one statement, which finds the conversation as expected and locks it, or does nothing.
 * Only if it did nothing (a rewrite, a late duplicate, a stale worker, the very first batch), or if a reply is cut short,
 * the conversation is locked and inspected first.
 */
import { isDeepStrictEqual } from 'node:util';
import { sql, type Kysely } from 'kysely';
import {
  type Batch,
  compareFences,
  fenceAbove,
  type Fence,
  isOfLine,
  NO_RUN,
  type Reset,
  type ResetOrigin,
} from '../contract/batch.ts';
import type { Entry, EntryOf } from '../contract/entry.ts';
import { replyNumber, type ConversationKey } from '../contract/names.ts';
import { headColumns } from './conversations.ts';
import { beginning, forgetDraftsAfter, resumeDrafts, stopDrafts } from './drafts.ts';
import { entriesFrom, fenceOf, type LockedConversation, lock, rewind } from './held.ts';
import { asJson } from './words.ts';
import { runningCallsOf } from './writer.ts';
import type { Database, Db } from './schema.ts';
import { fillBefore, keepSuperseded, restore } from './superseded.ts';
import type { Appended, DraftStart, Recorded, RecordOptions, Store } from './store.ts';

export const recording = (db: Kysely<Database>): Pick<Store, 'record'> => ({
  async record(batch, options = {}) {
    checkOrder(batch);
    const isPlain = !batch.entries.some(isCutShort);
    const done = isPlain && (await append(db, batch, options.begins));
    if (!done) {
      return db.transaction().execute((transaction) => settle(transaction, batch, options));
    }
    const { reset, ...appended } = done;
    return { ...(await answer(db, batch, reset, {})), appended };
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

/** Undefined, with nothing done, if the log is unknown, does not end just before this batch, or was written by another since. */
export async function append(
  db: Db,
  { conversation: { tenant, id }, fence, base, entries, head }: Batch,
  begins?: DraftStart,
): Promise<({ reset: Reset | null } & Appended) | undefined> {
  const started = entries.filter((entry) => entry.kind === 'reply.started').at(-1);
  // The draft of the previous reply is kept: this batch may still be replaced by one that interrupts that reply only now.
  const forget = started ? replyNumber(started.reply_id) - 1 : 0;
  const { status, replying, head: headJson } = headColumns(head);
  const { run_id = null, continued_from = null } = fence;
  const begun = begins && {
    started: sql`, begun as (${beginning({ tenant, id }, begins, sql`exists (select from head)`)})`,
    asked: sql`, exists (select from begun) as begun`,
  };
  const appended = await sql<{ reset: Reset | null } & Appended>`
    with head as (
      update conversations set
        last_seq = ${base - 1 + entries.length}, fence_run = ${fence.run}, fence_length = ${fence.length}, fence_at = ${fence.at},
        fence_run_id = coalesce(${run_id}::text, fence_run_id),
        fence_runs = case when ${run_id}::text is null or fence_run_id = ${run_id}::text then fence_runs
          else array_append(fence_runs, ${run_id}::text) end,
        status = ${status}, replying = ${replying}, head = ${headJson}, updated_at = now()
      where tenant = ${tenant} and id = ${id} and last_seq = ${base - 1}
        and (fence_run, fence_length, fence_at) <= (${fence.run}, ${fence.length}, ${fence.at})
        and (fence_run_id is null or ${run_id}::text is null or fence_run_id in (${run_id}::text, ${continued_from}::text))
      returning reset, revision
    ), added as (
      insert into entries (tenant, conversation, seq, kind, body)
      select ${tenant}::text, ${id}::text, seq, kind, body::json
      from unnest(
        ${entries.map((entry) => entry.seq)}::int4[],
        ${entries.map((entry) => entry.kind)}::text[],
        ${entries.map((entry) => asJson(entry))}::text[]
      ) as entry (seq, kind, body)
      where exists (select from head)
    ), forgotten as (
      delete from drafts
      where tenant = ${tenant} and conversation = ${id} and reply < ${forget}
        and exists (select from head)
    )${begun?.started ?? sql``}
    select reset, revision${begun?.asked ?? sql``} from head`.execute(db);
  return appended.rows[0];
}

async function settle(
  db: Db,
  batch: Batch,
  { committed = false, takes_over }: RecordOptions,
): Promise<Recorded> {
  const { conversation, base } = batch;
  const before = await lock(db, conversation);
  const goesBack = takes_over && !isOfLine(fenceOf(before), batch.fence);
  if (goesBack && before.status === 'closed') {
    const by = before.fence_run_id;
    if (by === null || by === NO_RUN) return { outcome: 'closed' };
    if (by !== takes_over.cut_off) return { outcome: 'closed', by };
  }
  const restored = goesBack && (await restore(db, conversation, before, takes_over.base_runs));
  const held = restored ? { ...(await lock(db, conversation)), head: before.head } : before;
  const heldFence = fenceOf(held);
  const takes = !isOfLine(heldFence, batch.fence);
  if (takes && !takes_over) return { outcome: 'other_run' };
  const fence = committed && !takes ? fenceAbove(heldFence, batch.fence) : batch.fence;
  const order = takes ? 1 : compareFences(fence, heldFence);
  if (order < 0) return { outcome: 'refused' };
  const of = takes ? (takes_over?.base_runs ?? []) : undefined;
  if (base > held.last_seq + 1 && !(await fillBefore(db, conversation, base, of))) {
    throw new Error(
      `A batch for ${name(conversation)} begins at ${base}, but its log ends at ${held.last_seq}: that would leave a gap.`,
    );
  }

  const standing = base > held.last_seq ? [] : await entriesFrom(db, conversation, base);
  const cut = batch.entries.filter(isCutShort);
  const said = await textsOf(db, conversation, cut, standing);
  const entries = batch.entries.map((entry) =>
    isCutShort(entry) ? withWords(entry, said[entry.reply_id]!) : entry,
  );

  const same = countSame(standing, entries);
  // This batch has been written already, and perhaps others after it: a late duplicate removes nothing.
  if (!takes && (order === 0 || committed) && standing.length > 0 && same === entries.length) {
    if (order > 0) await hold(db, conversation, fence);
    return answer(db, batch, held.reset, said);
  }
  if (same < standing.length) {
    const revision = held.revision + 1;
    await rewind(db, conversation, { base: base + same, revision });
    if (takes) await keepSuperseded(db, conversation, held, base - 1 + same, standing.slice(same));
    const remaining = new Set(cut.map((entry) => entry.reply_id));
    const undone = standing.slice(same).filter(isCutShort);
    await resumeDrafts(
      db,
      conversation,
      undone.map((entry) => entry.reply_id).filter((reply) => !remaining.has(reply)),
    );
  }
  if (takes) {
    const had = before.last_seq;
    await takeOver(db, batch, { held, had, kept: base - 1 + same, entries, ...takes_over });
  }
  const rest = { ...batch, fence, base: base + same, entries: entries.slice(same) };
  if (!(await append(db, rest))) {
    throw new Error(`The log of ${name(conversation)} does not end where its last_seq says.`);
  }
  const last = takes ? (await lock(db, conversation)).reset : held.reset;
  return answer(db, batch, last, said);
}

async function answer(
  db: Db,
  batch: Batch,
  last: Reset | null,
  said: Record<string, string>,
): Promise<Recorded & { outcome: 'recorded' }> {
  const reset = await untold(db, batch, last);
  return { outcome: 'recorded', said, ...(reset && { reset }) };
}

/** The reset that created the writing run, as long as its log does not record it. */
async function untold(
  db: Db,
  {
    conversation: { tenant, id },
    fence,
    entries,
  }: Pick<Batch, 'conversation' | 'fence' | 'entries'>,
  last: Reset | null,
): Promise<Reset | undefined> {
  if (!last || last.run_id !== fence.run_id) return undefined;
  if (entries.some(({ kind }) => kind === 'conversation.reset')) return undefined;
  const told = await db
    .selectFrom('entries')
    .select('seq')
    .where('tenant', '=', tenant)
    .where('conversation', '=', id)
    .where('kind', '=', 'conversation.reset')
    .where('seq', '>', last.kept)
    .executeTakeFirst();
  return told ? undefined : last;
}

const fenceColumns = ({ run, length, at, run_id }: Fence) => ({
  fence_run: run,
  fence_length: length,
  fence_at: at,
  ...(run_id !== undefined && { fence_run_id: run_id }),
});

/**
 * Takes over the log of another run for one that an operator's reset has created. What the other run has decided since has been
 * rewound. The drafts of its later replies are removed, and its open calls are recorded for the run that takes over.
 */
async function takeOver(
  db: Db,
  { conversation, fence }: Batch,
  {
    held,
    had,
    kept,
    entries,
    base_runs = [],
    reason,
  }: { held: LockedConversation; had: number; kept: number; entries: Entry[] } & ResetOrigin,
): Promise<void> {
  const { tenant, id } = conversation;
  const started = entries.findLast(isStarted) ?? (await lastStarted(db, conversation));
  await forgetDraftsAfter(db, conversation, started ? replyNumber(started.reply_id) : 0);
  const heldFence = fenceOf(held);
  const before = await untold(db, { conversation, fence: heldFence, entries: [] }, held.reset);
  const reset: Reset = {
    run_id: fence.run_id!,
    kept,
    had,
    calls: [...new Set([...runningCallsOf(held.head), ...(before?.calls ?? [])])],
    ...(reason && { reason }),
  };
  // If only a part of the base run's entries remains, that run is left out, so that a later reset to it finds the whole log.
  const last = held.fence_runs.findLastIndex((run) => base_runs.includes(run));
  const line = held.fence_runs.slice(0, Math.max(0, kept < held.last_seq ? last : last + 1));
  await db
    .updateTable('conversations')
    .set({
      ...fenceColumns(fence),
      fence_runs: [...line, fence.run_id!],
      reset: asJson(reset),
    })
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .execute();
}

async function lastStarted(
  db: Db,
  { tenant, id }: ConversationKey,
): Promise<EntryOf<'reply.started'> | undefined> {
  const row = await db
    .selectFrom('entries')
    .select('body')
    .where('tenant', '=', tenant)
    .where('conversation', '=', id)
    .where('kind', '=', 'reply.started')
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.body as EntryOf<'reply.started'> | undefined;
}

const hold = (db: Db, { tenant, id }: ConversationKey, fence: Fence) =>
  db
    .updateTable('conversations')
    .set(fenceColumns(fence))
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .execute();

/** The text of each reply. A reply whose draft has been removed keeps the text in the log. */
async function textsOf(
  db: Db,
  conversation: ConversationKey,
  cut: CutShort[],
  standing: Entry[],
): Promise<Record<string, string>> {
  const replies = [...new Set(cut.map((entry) => entry.reply_id))];
  const drafts = await stopDrafts(db, conversation, replies);
  const logged = (reply: string) =>
    standing.filter(isCutShort).find((entry) => entry.reply_id === reply)?.text;
  return Object.fromEntries(replies.map((reply) => [reply, drafts[reply] || logged(reply) || '']));
}

/** How many entries, from the first on, are already in the log unchanged. */
function countSame(standing: Entry[], entries: Entry[]): number {
  // Compared as JSON, the form they are stored in: an undefined property is no property.
  const differs = entries.findIndex(
    (entry, index) => !isDeepStrictEqual(standing[index], JSON.parse(JSON.stringify(entry))),
  );
  return differs === -1 ? entries.length : differs;
}

const isStarted = (entry: Entry) => entry.kind === 'reply.started';

type CutShort = EntryOf<'reply.interrupted' | 'reply.failed'>;

/** True for an entry whose text is in the reply's draft. */
const isCutShort = (entry: Entry): entry is CutShort =>
  entry.kind === 'reply.interrupted' || entry.kind === 'reply.failed';

function withWords(entry: CutShort, text: string): CutShort {
  return entry.kind === 'reply.failed' && text === '' ? entry : { ...entry, text };
}

const name = ({ tenant, id }: ConversationKey) => `conversation ${tenant}/${id}`;
