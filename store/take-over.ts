/** Takes the log over from another run, after an operator's reset (docs/decisions/0025-resets.md). */
import type { Batch, Reset, ResetOrigin } from '../contract/batch.ts';
import type { Entry, EntryOf } from '../contract/entry.ts';
import { type ConversationKey, replyNumber } from '../contract/names.ts';
import { forgetDraftsAfter } from './drafts.ts';
import { fenceColumns, fenceOf, type LockedConversation } from './held.ts';
import type { Db } from './schema.ts';
import { asJson } from './words.ts';
import { runningCallsOf } from './writer.ts';

/**
 * Takes over the log of another run for one that an operator's reset has created. The entries of the other run have been rewound
 * already. The drafts of its later replies are removed, and its open calls are recorded for the run that takes over.
 */
export async function takeOverLog(
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
  const before = await unrecordedReset(
    db,
    { conversation, fence: heldFence, entries: [] },
    held.reset,
  );
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

const isStarted = (entry: Entry) => entry.kind === 'reply.started';

/** The reset that created the writing run, as long as the log has no entry for it. */
export async function unrecordedReset(
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
