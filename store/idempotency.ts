/** Idempotency keys. Of several requests that claim a key at once, exactly one goes ahead. */
import type { Db } from './schema.ts';
import type { Store } from './store.ts';
import { asJson } from './words.ts';

export const idempotency = (db: Db): Pick<Store, 'claim'> => ({
  async claim({ tenant, scope, key }, bodyHash, answer) {
    const fresh = await db
      .insertInto('idempotency_keys')
      .values({
        tenant,
        scope,
        key,
        body_hash: bodyHash,
        answer: asJson(answer ?? null),
        about: aboutOf(answer),
      })
      .onConflict((conflict) => conflict.columns(['tenant', 'scope', 'key']).doNothing())
      .returning('key')
      .executeTakeFirst();
    if (fresh) return { outcome: 'fresh' };

    // The insert waited for any earlier claim, so a statement after it sees that claim.
    const claimed = await db
      .selectFrom('idempotency_keys')
      .select(['body_hash', 'answer'])
      .where('tenant', '=', tenant)
      .where('scope', '=', scope)
      .where('key', '=', key)
      .executeTakeFirstOrThrow();
    return claimed.body_hash === bodyHash
      ? { outcome: 'repeated', answer: claimed.answer }
      : { outcome: 'conflict' };
  },
});

/** The conversation that an answer is about, so that its key is found when the conversation is erased. */
function aboutOf(answer: unknown): string | undefined {
  const { id } = (answer ?? {}) as { id?: unknown };
  return typeof id === 'string' ? id : undefined;
}
