/** Finds conversations by words that were said in them. */
import { type RawBuilder, sql } from 'kysely';
import type { EntryKind } from '../contract/entry.ts';
import { present } from './conversations.ts';
import { excerptOf } from './excerpt.ts';
import { readJson } from './read-json.ts';
import type { Db } from './schema.ts';
import type { Excerpt, Store, StoredConversation } from './store.ts';

/**
 * There is no index of words: it would cost every message a write, and would have to be encrypted with the words. So a search reads
 * the log. A page covers at most this many conversations, and the earliest texts of each, up to this number. A client asks for the
 * next page to search further.
 */
export const SEARCHED = { conversations: 100, texts: 50 };

/** @param isEncrypted SQL cannot compare encrypted words, so only titles, agents and tools are searched */
export const searching = (db: Db, isEncrypted: boolean): Pick<Store, 'search'> => ({
  async search(tenant, { words, after, limit }) {
    const looked = await sql<{ id: string; fits: boolean }>`
      select id, ${isEncrypted ? sql`true` : everyWord(words)} as fits
      from conversations
      where tenant = ${tenant} ${after === undefined ? sql`` : sql`and ${isAfter(tenant, after)}`}
      order by created_at desc, id desc
      limit ${SEARCHED.conversations + 1}`.execute(db);
    const ids = looked.rows.slice(0, SEARCHED.conversations).filter(({ fits }) => fits);
    const rows =
      ids.length === 0
        ? []
        : await db
            .selectFrom('conversations')
            .selectAll()
            .where('tenant', '=', tenant)
            .where(
              'id',
              'in',
              ids.map(({ id }) => id),
            )
            .orderBy('created_at', 'desc')
            .orderBy('id', 'desc')
            .execute();
    const all = rows.map(present).filter((each) => !isEncrypted || isNamed(each, words));
    const conversations = all.slice(0, limit);
    const last =
      all.length > limit
        ? conversations.at(-1)
        : looked.rows.length > SEARCHED.conversations
          ? looked.rows[SEARCHED.conversations - 1]
          : undefined;
    const excerpts = isEncrypted
      ? new Map<string, Excerpt>()
      : await excerptsOf(db, tenant, conversations, words);
    return {
      conversations: conversations.map((each) => {
        const excerpt = excerpts.get(each.id);
        return excerpt ? { ...each, excerpt } : each;
      }),
      searched: isEncrypted ? 'titles' : 'words',
      ...(last && { next_after: last.id }),
    };
  },
});

const isAfter = (tenant: string, after: string) => sql`(created_at, id) <
  (select created_at, id from conversations where tenant = ${tenant} and id = ${after})`;

function everyWord(words: readonly string[]): RawBuilder<boolean> {
  const each = words.map(
    (word) => sql`(
      id = ${word} or agent ilike ${like(word)} or metadata::text ~* ${within('title', word)}
      or exists (
        select from (${firstTexts()}) as said where ${hasIn('text|tool', word)}
      ))`,
  );
  return sql<boolean>`(${sql.join(each, sql` and `)})`;
}

/** Of each conversation, the text that has the most of the words; among equals, the earliest. One statement for all of them. */
async function excerptsOf(
  db: Db,
  tenant: string,
  conversations: readonly StoredConversation[],
  words: readonly string[],
): Promise<Map<string, Excerpt>> {
  if (conversations.length === 0) return new Map();
  const count = words.map((word) => sql`(${hasIn('text', word)})::int`);
  const ids = sql.join(conversations.map(({ id }) => id));
  // A single word is sought no further than its first text.
  const most = words.length === 1 ? sql`` : sql`count desc,`;
  const found = await sql<{ id: string; seq: number; body: string }>`
    select id, seq, body from conversations, lateral (
      select seq, body from (
        select seq, body, ${sql.join(count, sql` + `)} as count from (${firstTexts()}) as said
        where kind <> ${'call.requested' satisfies EntryKind}
      ) as counted
      where count > 0 order by ${most} seq limit 1
    ) as best
    where tenant = ${tenant} and id in (${ids})`.execute(db);
  const excerpts = new Map<string, Excerpt>();
  for (const { id, seq, body } of found.rows) {
    const text = excerptOf(readJson(body).text, words);
    if (text !== undefined) excerpts.set(id, { seq, text });
  }
  return excerpts;
}

/** What is searched of the log of the row of `conversations`. */
const firstTexts = () => sql`
  select seq, kind, body::text as body from entries
  where entries.tenant = conversations.tenant and conversation = conversations.id
    and kind in (${sql.join(WITH_WORDS)})
  order by seq limit ${SEARCHED.texts}`;

const WITH_WORDS: EntryKind[] = [
  'message.user',
  'reply.completed',
  'reply.interrupted',
  'call.requested',
];

/** Whether the word is in one of these fields of `body`. */
const hasIn = (fields: string, word: string) =>
  sql`body ilike ${like(word)} and body ~* ${within(fields, word)}`;

/** The stored JSON is compared as text: SQL cannot query JSON that contains \u0000. */
const inJson = (word: string) => JSON.stringify(word).slice(1, -1);
const like = (word: string) => `%${inJson(word).replaceAll(/[\\%_]/g, '\\$&')}%`;
/** A pattern for the word inside the string of one of these fields. */
const within = (fields: string, word: string) =>
  `"(${fields})":"([^"\\\\]|\\\\.)*${inJson(word).replaceAll(/[^\p{L}\p{N}\s]/gu, '\\$&')}`;

/** Whether a conversation's id, title, agent or tools contain each word: this needs no log. */
export function isNamed(
  { id, agent, metadata, calls }: StoredConversation,
  words: readonly string[],
): boolean {
  const { title } = metadata;
  const tools = calls.map(({ tool }) => tool);
  const text = [agent, ...(typeof title === 'string' ? [title] : []), ...tools].join('\n');
  return words.every((word) => id === word || text.toLowerCase().includes(word.toLowerCase()));
}
