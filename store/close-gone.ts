import type { Kysely } from 'kysely';
import { NO_RUN } from '../contract/batch.ts';
import type { ConversationKey } from '../contract/names.ts';
import { stopDrafts } from './drafts.ts';
import { endOfGone, KINDS_FOR_END } from './gone.ts';
import { fenceOf, lock, rewind } from './held.ts';
import { append } from './append.ts';
import type { Database, Db } from './schema.ts';
import type { Store } from './store.ts';

/** Closes the log of a conversation whose workflow is gone. No run holds the log after that, so that none can take it over. */
export const closingGone = (db: Kysely<Database>): Pick<Store, 'closeGone'> => ({
  closeGone: (conversation, { why, at, seen, sent }) =>
    db.transaction().execute(async (transaction) => {
      const held = await lock(transaction, conversation);
      const fence = fenceOf(held);
      // The run that closed it was ended before that was committed, so messages that Temporal had accepted may be missing.
      const again = held.status === 'closed';
      if (again && (fence.run_id === undefined || fence.run_id === NO_RUN)) return false;
      if (fence.run_id !== seen.run_id || held.last_seq !== seen.last_seq) return false;
      const reply = held.head.reply?.id;
      const drafts = reply ? await stopDrafts(transaction, conversation, [reply]) : {};
      const { entries, head } = endOfGone(
        {
          entries: await entriesForEnd(transaction, conversation),
          last_seq: again ? held.last_seq - 1 : held.last_seq,
          head: held.head,
          said: drafts[reply ?? ''] ?? '',
        },
        { why, at, sent },
      );
      const { run_id, ...place } = fence;
      const last = { ...place, run_id: NO_RUN, ...(run_id && { continued_from: run_id }) };
      const base = entries[0]!.seq;
      if (again) {
        const revision = held.revision + 1;
        await rewind(transaction, conversation, { base, revision });
      }
      return Boolean(await append(transaction, { conversation, fence: last, base, entries, head }));
    }),
});

async function entriesForEnd(db: Db, { tenant, id }: ConversationKey) {
  const rows = await db
    .selectFrom('entries')
    .select('body')
    .where('tenant', '=', tenant)
    .where('conversation', '=', id)
    .where('kind', 'in', [...KINDS_FOR_END])
    .orderBy('seq')
    .execute();
  return rows.map((row) => row.body);
}
