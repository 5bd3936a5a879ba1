import { randomBytes } from 'node:crypto';
import { PGlite } from '@electric-sql/pglite';
import { PGliteDialect } from 'kysely';
import { expect, test } from 'vitest';
import { readKeyring } from '../security/encryption/keyring.ts';
import { batch, idle, message, replying, someone, started } from '../test/store/samples.ts';
import { storeOn } from './open.ts';

const at = '2030-01-02T03:04:05.678Z';
const WORDS = 'zebra';

test('a dump of every table has no words, the store reads them, and without the key it says which one is missing', async () => {
  const pglite = await PGlite.create();
  const dialect = new PGliteDialect({ pglite });
  const keyring = readKeyring(`one:${randomBytes(32).toString('base64')}`);
  const store = await storeOn(dialect, keyring);
  const key = someone();
  await store.open(key, { agent: 'default', metadata: { WORDS }, at });
  await store.record(batch(key, [1, 1], 1, [message(1, WORDS), started(2, 1)], replying(1)));
  await store.beginDraft(key, 'reply_1', 1);
  for (const text of [WORDS, '\u0000 and ', WORDS]) {
    await store.appendDraft(key, { reply_id: 'reply_1', attempt: 1, text });
  }
  await store.setProgress(key, 'call_1', { note: WORDS, at });
  await store.keepResult(key, { call_id: 'call_1', n: 'end' }, JSON.stringify(WORDS));
  await store.claim({ tenant: key.tenant, scope: 's', key: 'k' }, 'hash', { WORDS });

  const tables = await pglite.query<{ name: string }>(
    `select table_name as name from information_schema.tables where table_schema = 'public'`,
  );
  for (const { name } of tables.rows) {
    const { rows } = await pglite.query(`select ${name}::text as line from ${name}`);
    expect(JSON.stringify(rows), name).not.toContain(WORDS);
  }

  expect(await store.window(key, { from: 1, to: 9 })).toMatchObject([{ text: WORDS }, {}]);
  expect((await store.entries(key, { after: 0, limit: 9 }))?.entries).toHaveLength(2);
  expect((await store.conversation(key))?.metadata).toEqual({ WORDS });
  expect((await store.draft(key))?.text).toBe(`${WORDS}\u0000 and ${WORDS}`);
  expect((await store.progress(key, ['call_1'])).get('call_1')?.note).toBe(WORDS);
  expect(await store.result(key, { call_id: 'call_1', n: 'end' })).toBe(JSON.stringify(WORDS));

  const without = await storeOn(dialect);
  await expect(without.window(key, { from: 1, to: 9 })).rejects.toThrow(
    'encrypted with the key one',
  );
  await without.record(batch(someone(), [1, 1], 1, [message(1, 'open')], idle));
  await store.close();
});
