/** Appends a batch to the log in one statement, if the log is as the batch expects. */
import { type RawBuilder, sql } from 'kysely';
import type { Batch, Reset } from '../contract/batch.ts';
import type { Entry } from '../contract/entry.ts';
import { type ConversationKey, replyNumber } from '../contract/names.ts';
import { headColumns } from './conversations.ts';
import { beginning } from './drafts.ts';
import type { Db } from './schema.ts';
import type { Appended, DraftStart } from './store.ts';
import { asJson } from './words.ts';

/** Undefined, with nothing done, if the log is unknown, does not end just before this batch, or was written by another since. */
export async function append(
  db: Db,
  { conversation: { tenant, id }, fence, base, entries, head }: Batch,
  begins?: DraftStart,
): Promise<({ reset: Reset | null } & Omit<Appended, 'first'>) | undefined> {
  const started = entries.filter((entry) => entry.kind === 'reply.started').at(-1);
  // The draft of the previous reply is kept: this batch may still be replaced by one that interrupts that reply only now.
  const forget = started ? replyNumber(started.reply_id) - 1 : 0;
  const { status, replying, head: headJson } = headColumns(head);
  const { run_id = null, continued_from = null } = fence;
  const begun = begins && {
    started: sql`, begun as (${beginning({ tenant, id }, begins, sql`exists (select from head)`)})`,
    asked: sql`, exists (select from begun) as begun`,
  };
  const appended = await sql<{ reset: Reset | null } & Omit<Appended, 'first'>>`
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
      ${insertionOf({ tenant, id }, entries)}
      where exists (select from head)
    ), forgotten as (
      delete from drafts
      where tenant = ${tenant} and conversation = ${id} and reply < ${forget}
        and exists (select from head)
    )${begun?.started ?? sql``}
    select reset, revision${begun?.asked ?? sql``} from head`.execute(db);
  return appended.rows[0];
}

/** The statement that inserts these entries. A `where` may follow. */
export const insertionOf = (
  { tenant, id }: ConversationKey,
  entries: readonly Entry[],
): RawBuilder<unknown> => sql`
  insert into entries (tenant, conversation, seq, kind, body)
  select ${tenant}::text, ${id}::text, seq, kind, body::json
  from unnest(
    ${entries.map((entry) => entry.seq)}::int4[],
    ${entries.map((entry) => entry.kind)}::text[],
    ${entries.map((entry) => asJson(entry))}::text[]
  ) as entry (seq, kind, body)`;
