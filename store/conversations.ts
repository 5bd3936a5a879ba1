/** The row of each conversation: its identity, and what it is doing now. */
import type { Selectable } from 'kysely';
import type { Head } from '../contract/head.ts';
import { replyNumber } from '../contract/names.ts';
import type { Database, Db } from './schema.ts';
import type { StoredConversation, Store } from './store.ts';
import { asJson } from './words.ts';

export const conversations = (db: Db): Pick<Store, 'open' | 'conversation' | 'list'> => ({
  async open({ tenant, id }, { agent, metadata, at }) {
    const facts = { agent, metadata: asJson(metadata), created_at: at, opened: true };
    await db
      .insertInto('conversations')
      .values({ tenant, id, ...facts, ...headColumns(NOTHING_YET) })
      // A record may have come first. Then only the facts it did not have are filled in, once.
      .onConflict((conflict) =>
        conflict
          .columns(['tenant', 'id'])
          .doUpdateSet(facts)
          .where('conversations.opened', '=', false),
      )
      .execute();
  },

  async conversation({ tenant, id }) {
    const row = await db
      .selectFrom('conversations')
      .selectAll()
      .where('tenant', '=', tenant)
      .where('id', '=', id)
      .executeTakeFirst();
    return row && present(row);
  },

  async list(tenant, { status, after, limit }) {
    const rows = await db
      .selectFrom('conversations')
      .selectAll()
      .where('tenant', '=', tenant)
      .$if(status !== undefined, (query) => query.where('status', '=', status!))
      .$if(after !== undefined, (query) =>
        query.where(({ eb, refTuple, selectFrom }) =>
          eb(
            refTuple('created_at', 'id'),
            '<',
            selectFrom('conversations')
              .select(['created_at', 'id'])
              .where('tenant', '=', tenant)
              .where('id', '=', after!)
              .$asTuple('created_at', 'id'),
          ),
        ),
      )
      .orderBy('created_at', 'desc')
      .orderBy('id', 'desc')
      // One more than requested shows whether there is a next page.
      .limit(limit + 1)
      .execute();
    const page = rows.slice(0, limit);
    return {
      conversations: page.map(present),
      ...(rows.length > limit && { next_after: page.at(-1)?.id }),
    };
  },
});

export const NOTHING_YET: Head = {
  status: 'idle',
  calls: [],
  usage: { input_tokens: 0, output_tokens: 0 },
};

/** The columns of a head: the whole, and separately the parts that SQL queries. */
export const headColumns = (head: Head) => ({
  status: head.status,
  replying: head.reply ? replyNumber(head.reply.id) : null,
  head: asJson(head),
});

export const present = (row: Selectable<Database['conversations']>): StoredConversation => ({
  ...row.head,
  id: row.id,
  agent: row.agent,
  metadata: row.metadata,
  created_at: row.created_at.toISOString(),
  updated_at: row.updated_at.toISOString(),
  last_seq: row.last_seq,
  revision: row.revision,
  ...(row.erased_at && { erased_at: row.erased_at.toISOString() }),
});
