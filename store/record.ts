/**
 * Writes the log before the workflow's task is committed (docs/decisions/0020-certain-writes.md). The write with the highest fence wins.
 *
 * Nearly every batch is a plain append: one statement, which finds the conversation as expected and locks it, or does nothing.
 * Only if it did nothing (a rewrite, a late duplicate, a stale worker, the very first batch), or if a reply is cut short,
 * the conversation is locked and inspected first. Such a batch may still turn out to follow the log.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Kysely } from 'kysely';
import {
  type Batch,
  compareFences,
  fenceAbove,
  type Fence,
  areComparable,
  NO_RUN,
  type Reset,
} from '../contract/batch.ts';
import { type CutShort, isCutShort, withTexts } from '../contract/cut-short.ts';
import type { Entry } from '../contract/entry.ts';
import type { ConversationKey } from '../contract/names.ts';
import { append } from './append.ts';
import { resumeDrafts, stopDrafts } from './drafts.ts';
import { entriesFrom, fenceColumns, fenceOf, lock, rewind } from './held.ts';
import type { Database, Db } from './schema.ts';
import type { Recorded, RecordOptions, Store } from './store.ts';
import { fillBefore, keepSuperseded, restore } from './superseded.ts';
import { takeOverLog, unrecordedReset } from './take-over.ts';

export const recording = (db: Kysely<Database>): Pick<Store, 'record'> => ({
  async record(batch, options = {}) {
    checkOrder(batch);
    const isPlain = !batch.entries.some(isCutShort);
    const done = isPlain && (await append(db, batch, options.begins));
    if (!done) {
      return db.transaction().execute((transaction) => settle(transaction, batch, options));
    }
    const { reset, ...appended } = done;
    return {
      ...(await answer(db, batch, reset, {})),
      appended: { ...appended, first: batch.base },
    };
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

async function settle(
  db: Db,
  batch: Batch,
  { begins, committed = false, takes_over }: RecordOptions,
): Promise<Recorded> {
  const { conversation, base } = batch;
  const before = await lock(db, conversation);
  const goesBack = takes_over && !areComparable(fenceOf(before), batch.fence);
  if (goesBack && before.status === 'closed') {
    const by = before.fence_run_id;
    if (by === null || by === NO_RUN) return { outcome: 'closed' };
    if (by !== takes_over.cut_off) return { outcome: 'closed', by };
  }
  const restored = goesBack && (await restore(db, conversation, before, takes_over.base_runs));
  const held = restored ? { ...(await lock(db, conversation)), head: before.head } : before;
  const heldFence = fenceOf(held);
  const takes = !areComparable(heldFence, batch.fence);
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
  const entries = withTexts(batch.entries, said);

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
    await takeOverLog(db, batch, { held, had, kept: base - 1 + same, entries, ...takes_over });
  }
  const first = base + same;
  const follows = !takes && first === held.last_seq + 1;
  const rest = { ...batch, fence, base: first, entries: entries.slice(same) };
  const done = await append(db, rest, follows ? begins : undefined);
  if (!done)
    throw new Error(`The log of ${name(conversation)} does not end where its last_seq says.`);
  const { reset, ...appended } = done;
  const last = takes ? (await lock(db, conversation)).reset : reset;
  return {
    ...(await answer(db, batch, last, said)),
    ...(follows && { appended: { ...appended, first } }),
  };
}

async function answer(
  db: Db,
  batch: Batch,
  last: Reset | null,
  said: Record<string, string>,
): Promise<Recorded & { outcome: 'recorded' }> {
  const reset = await unrecordedReset(db, batch, last);
  return { outcome: 'recorded', said, ...(reset && { reset }) };
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

const name = ({ tenant, id }: ConversationKey) => `conversation ${tenant}/${id}`;
