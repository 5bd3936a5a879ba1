/** Processes of two versions on one database, as during a roll. */
import { Kysely, PGliteDialect, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import { PGlite } from '@electric-sql/pglite';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { batch, messages, someone } from '../test/store/samples.ts';
import { migrate } from './migrate.ts';
import { migrations } from './migrations.ts';
import { storeOn } from './open.ts';
import type { Database } from './schema.ts';

const pglite = new PGlite();
const db = new Kysely<Database>({ dialect: new PGliteDialect({ pglite }) });
afterAll(() => pglite.close());
// The first time, it also waits for the database.
beforeEach(async () => {
  await pglite.exec('drop schema public cascade; create schema public');
}, 60_000);

const changes = (statement: string): Migration => ({
  up: async (on: Kysely<unknown>) => void (await sql.raw(statement).execute(on)),
});
const newer = {
  ...migrations,
  '9001_notes': changes(`alter table entries add column note text not null default ''`),
  '9002_index': changes('create index entries_notes on entries (note)'),
};
const latest = { ...newer, '9003_contract_kinds': changes('drop index entries_kind') };

const names = async () => {
  const { rows } = await sql<{
    name: string;
  }>`select name from kysely_migration order by name`.execute(db);
  return rows.map(({ name }) => name);
};

test('a process of an older version starts and writes on tables to which a newer one has added', async () => {
  await migrate(db);
  await migrate(db, newer);
  await migrate(db);
  expect(await names()).toEqual(Object.keys(newer));
  const store = await storeOn(new PGliteDialect({ pglite }));
  const one = someone();
  await store.record(batch(one, [1, 1], 1, messages(1, 'hello')));
  expect(await store.window(one, { from: 1, to: 1 })).toEqual(messages(1, 'hello'));
});

test('an empty database that a newer version has created suits an older one', async () => {
  await migrate(db, newer);
  await migrate(db);
  expect(await names()).toEqual(Object.keys(newer));
});

test('a process of an older version does not start once its tables were contracted, and names the migration', async () => {
  await migrate(db, latest);
  await expect(migrate(db)).rejects.toThrow(
    /9003_contract_kinds.*Start that version, or a newer one/,
  );
  // The release before the contraction knows its additions only.
  await expect(migrate(db, newer)).rejects.toThrow('9003_contract_kinds');
  await migrate(db, latest);
});

test('a migration that fails changes nothing and says why', async () => {
  await migrate(db);
  const broken = { ...migrations, '9001_broken': changes('alter table nowhere add column x text') };
  await expect(migrate(db, broken)).rejects.toThrow(/migration failed: .*nowhere/);
  expect(await names()).toEqual(Object.keys(migrations));
});

test('conversations that an older version has closed have their closing time', async () => {
  const { '0011_retention': _, ...older } = migrations;
  await migrate(db, older);
  const insert = (id: string, status: string) =>
    sql`insert into conversations (tenant, id, status, head, updated_at)
        values ('acme', ${id}, ${status}, '{}', '2030-01-02')`.execute(db);
  await insert('before', 'closed');
  await insert('open', 'idle');
  const store = await storeOn(new PGliteDialect({ pglite }));
  await insert('after', 'closed');
  const due = await store.due('2030-01-03', { limit: 9, skip: 0 });
  expect(due.map(({ id }) => id).sort()).toEqual(['after', 'before']);
});

/** Released before this was a rule. */
const EARLIER = /^000[1-8]_/;

test('a migration only adds: nothing is dropped, renamed or made stricter outside of a contraction', () => {
  for (const [name, { up }] of Object.entries(migrations)) {
    if (EARLIER.test(name) || name.includes('contract')) continue;
    expect(up.toString(), name).not.toMatch(
      /drop (table|column)|rename|set not null|alter column/i,
    );
  }
});
