/** The calls of a conversation, as far as its log and the logs that resets have removed name them. */
import type { Entry } from '../contract/entry.ts';
import type { ConversationKey } from '../contract/names.ts';
import type { Db } from './schema.ts';

export async function callsRequestedIn(db: Db, { tenant, id }: ConversationKey): Promise<string[]> {
  const standing = await db
    .selectFrom('entries')
    .select('body')
    .where('tenant', '=', tenant)
    .where('conversation', '=', id)
    .where('kind', '=', 'call.requested')
    .execute();
  const superseded = await db
    .selectFrom('superseded')
    .select('entries')
    .where('tenant', '=', tenant)
    .where('conversation', '=', id)
    .execute();
  return requestedIn([
    ...standing.map(({ body }) => body),
    ...superseded.flatMap(({ entries }) => entries),
  ]);
}

export const requestedIn = (entries: readonly Entry[]): string[] =>
  entries.flatMap((entry) => (entry.kind === 'call.requested' ? [entry.call_id] : []));
