/** The tokens that each tenant has spent per day, counted as they are spent, whether or not the reply succeeds. */
import { sql } from 'kysely';
import type { Db } from './schema.ts';
import type { Store } from './store.ts';

export const tokens = (db: Db): Pick<Store, 'spendTokens' | 'tokensSpent'> => ({
  async spendTokens({ tenant, day }, amount) {
    await sql`
      insert into tenant_tokens as spent (tenant, day, tokens) values (${tenant}, ${day}, ${amount})
      on conflict (tenant, day) do update set tokens = spent.tokens + excluded.tokens`.execute(db);
  },

  async tokensSpent({ tenant, day }) {
    const spent = await db
      .selectFrom('tenant_tokens')
      .select('tokens')
      .where('tenant', '=', tenant)
      .where('day', '=', day)
      .executeTakeFirst();
    return spent?.tokens ?? 0;
  },
});
