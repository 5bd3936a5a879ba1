/** Reads the log. Data that has to be consistent is read by a single statement, and so as of one moment. */
import { sql, type RawBuilder } from 'kysely';
import type { Entry } from '../contract/entry.ts';
import type { Head } from '../contract/head.ts';
import { type ConversationKey, replyId } from '../contract/names.ts';
import type { Db } from './schema.ts';
import type { Mark, Store } from './store.ts';

export const log = (db: Db): Pick<Store, 'entries' | 'follow' | 'marks' | 'window'> => ({
  async entries(conversation, { after, limit, kinds }) {
    const wanted = kinds ? sql`and kind = any(${kinds})` : sql``;
    const found = await sql<{ revision: number; entries: Entry[] }>`
      select revision, ${entriesAfter(conversation, sql`${after}::int`, limit + 1, wanted)} as entries
      from conversations
      where tenant = ${conversation.tenant} and id = ${conversation.id}`.execute(db);
    const row = found.rows[0];
    if (!row) return undefined;
    const entries = row.entries.slice(0, limit);
    const more = row.entries.length > limit;
    return { entries, ...(more && { next_after: entries.at(-1)?.seq }), revision: row.revision };
  },

  async follow(conversation, { after, revision, limit }) {
    const { tenant, id } = conversation;
    // Below the lowest base of the revisions that the reader has not seen, the log is as the reader knows it.
    const found = await sql<{
      revision: number;
      status: Head['status'];
      replying: number | null;
      kept: number;
      entries: Entry[];
    }>`
      with reader as (
        select revision, status, replying, least(${after}::int, last_seq, (
          select min(base) - 1 from revisions
          where tenant = ${tenant} and conversation = ${id} and revision > ${revision}
        )) as kept
        from conversations
        where tenant = ${tenant} and id = ${id}
      )
      select revision, status, replying, kept, ${entriesAfter(conversation, sql`kept`, limit)} as entries
      from reader`.execute(db);
    const row = found.rows[0];
    if (!row) return undefined;
    return {
      ...(row.kept < after && { rewind: row.kept }),
      entries: row.entries,
      revision: row.revision,
      status: row.status,
      ...(row.replying !== null && { reply_id: replyId(row.replying) }),
    };
  },

  async marks(conversations) {
    const found = await sql<Mark & { nth: number }>`
      select asked.nth::int4 as nth, last_seq, revision, status
      from unnest(
        ${conversations.map(({ tenant }) => tenant)}::text[], ${conversations.map(({ id }) => id)}::text[]
      ) with ordinality as asked (tenant, id, nth)
      join conversations using (tenant, id)`.execute(db);
    const marks: (Mark | undefined)[] = conversations.map(() => undefined);
    for (const { nth, ...mark } of found.rows) marks[nth - 1] = mark;
    return marks;
  },

  async window({ tenant, id }, { from, to }) {
    // One text, since a window may have thousands of entries: as rows, they take more than twice as long from PGlite's thread.
    const found = await sql<{ entries: Entry[] }>`
      select coalesce(json_agg(body order by seq), '[]') as entries from entries
      where tenant = ${tenant} and conversation = ${id} and seq between ${from} and ${to}`.execute(
      db,
    );
    return found.rows[0]!.entries;
  },
});

/** A JSON array of entries, for use as a column. */
const entriesAfter = (
  { tenant, id }: ConversationKey,
  seq: RawBuilder<unknown>,
  limit: number,
  wanted = sql``,
) => sql`(
  select coalesce(json_agg(body order by seq), '[]') from (
    select seq, body from entries
    where tenant = ${tenant} and conversation = ${id} and seq > ${seq} ${wanted}
    order by seq
    limit ${limit}
  ) as page
)`;
