import { type Selectable, sql } from 'kysely';
import type { ApiKey } from '../contract/access.ts';
import type { KeyStore } from './key-store.ts';
import type { Database, Db } from './schema.ts';

export const keys = (db: Db): KeyStore => ({
  async addKey(key) {
    await db.insertInto('api_keys').values(key).execute();
  },

  async findKey(by) {
    const [column, value] = 'hash' in by ? (['hash', by.hash] as const) : (['id', by.id] as const);
    const row = await db
      .selectFrom('api_keys')
      .selectAll()
      .where(column, '=', value)
      .executeTakeFirst();
    return row && present(row);
  },

  async listKeys(tenants) {
    if (tenants.length === 0) return [];
    const rows = await db
      .selectFrom('api_keys')
      .selectAll()
      .where('tenant', 'in', tenants)
      .orderBy('created_at', 'desc')
      .orderBy('id')
      .execute();
    return rows.map(present);
  },

  async hasKeys() {
    return (await db.selectFrom('api_keys').select('id').limit(1).executeTakeFirst()) !== undefined;
  },

  async endKey({ id, tenants }, end) {
    if (tenants.length === 0) return undefined;
    const [column, at] =
      'revoked_at' in end
        ? (['revoked_at', end.revoked_at] as const)
        : (['expires_at', end.expires_at] as const);
    const { rows } = await sql<Selectable<Database['api_keys']>>`
      update api_keys set ${sql.ref(column)} = least(${sql.ref(column)}, ${at}::timestamptz)
      where id = ${id} and tenant = any(${[...tenants]}::text[])
      returning *`.execute(db);
    return rows[0] && present(rows[0]);
  },

  async usedKeys(uses) {
    await sql`
      update api_keys set last_used_at = greatest(last_used_at, used.at)
      from unnest(${uses.map(({ id }) => id)}::text[], ${uses.map(({ at }) => at)}::timestamptz[]) as used (id, at)
      where api_keys.id = used.id`.execute(db);
  },
});

function present(row: Selectable<Database['api_keys']>): ApiKey {
  const { expires_at, last_used_at, revoked_at } = row;
  return {
    id: row.id,
    tenant: row.tenant,
    name: row.name,
    hint: row.hint,
    scopes: row.scopes,
    created_at: row.created_at.toISOString(),
    ...(expires_at && { expires_at: expires_at.toISOString() }),
    ...(last_used_at && { last_used_at: last_used_at.toISOString() }),
    ...(revoked_at && { revoked_at: revoked_at.toISOString() }),
  };
}
