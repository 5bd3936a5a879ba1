import { isDeepStrictEqual } from 'node:util';
import type { Entry } from '../contract/entry.ts';
import type { ConversationKey } from '../contract/names.ts';
import { insertionOf } from './append.ts';
import { lackingBefore, logOf } from './lines.ts';
import { entriesFrom, type LockedConversation, rewind } from './held.ts';
import type { Db } from './schema.ts';
import { asJson } from './words.ts';

/** Stores removed entries; called after the rewind that removes them. */
export async function keepSuperseded(
  db: Db,
  { tenant, id }: ConversationKey,
  { fence_runs: runs, revision }: Pick<LockedConversation, 'fence_runs' | 'revision'>,
  kept: number,
  entries: Entry[],
): Promise<void> {
  await db
    .insertInto('superseded')
    .values({
      tenant,
      conversation: id,
      revision: revision + 1,
      runs,
      kept,
      entries: asJson(entries),
    })
    .execute();
}

/**
 * Restores a removed log, for a run that was created from the history of the run that wrote it.
 * @param runs the base run, the run that one was created from, and so on, nearest first
 * @returns whether the log was restored
 */
export async function restore(
  db: Db,
  conversation: ConversationKey,
  held: LockedConversation,
  runs: string[] = [],
): Promise<boolean> {
  if (runs.length === 0 || held.status === 'closed') return false;
  const superseded = await takenBack(db, conversation);
  const standing = await entriesFrom(db, conversation, 1);
  const line = logOf(runs, { runs: held.fence_runs, entries: standing }, superseded);
  if (!line) return false;
  const differs = standing.findIndex((entry, i) => !isDeepStrictEqual(entry, line.entries[i]));
  const kept = differs === -1 ? standing.length : differs;
  const again = line.entries.slice(kept);
  await rewind(db, conversation, { base: kept + 1, revision: held.revision + 1 });
  await keepSuperseded(db, conversation, held, kept, standing.slice(kept));
  await put(db, conversation, again);
  const { tenant, id } = conversation;
  await db
    .updateTable('conversations')
    .set({ last_seq: line.entries.length, fence_runs: line.runs })
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .execute();
  return true;
}

/**
 * Restores removed entries that a batch needs before it: see lackingBefore.
 * @returns whether the log now ends just before the batch
 */
export async function fillBefore(
  db: Db,
  conversation: ConversationKey,
  base: number,
  of?: string[],
): Promise<boolean> {
  const { tenant, id } = conversation;
  const standing = await entriesFrom(db, conversation, 1);
  const lacking = lackingBefore(base, standing, await takenBack(db, conversation), of);
  if (!lacking) return false;
  await put(db, conversation, lacking);
  await db
    .updateTable('conversations')
    .set({ last_seq: base - 1 })
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .execute();
  return true;
}

/** Newest first. */
const takenBack = (db: Db, { tenant, id }: ConversationKey) =>
  db
    .selectFrom('superseded')
    .select(['runs', 'kept', 'entries'])
    .where('tenant', '=', tenant)
    .where('conversation', '=', id)
    .orderBy('revision', 'desc')
    .execute();

const put = (db: Db, conversation: ConversationKey, entries: Entry[]) =>
  insertionOf(conversation, entries).execute(db);
