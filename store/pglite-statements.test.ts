import { PGlite } from '@electric-sql/pglite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createStatements, type Statements } from './pglite-statements.ts';

let pglite: PGlite;
let statements: Statements;

beforeAll(async () => {
  pglite = await PGlite.create();
  await pglite.exec('create table things (id int primary key, name text, facts json)');
  statements = createStatements(pglite);
});
afterAll(() => pglite.close());

const prepared = async () =>
  (await pglite.query<{ statement: string }>('select statement from pg_prepared_statements')).rows;

describe('the statement cache returns what PGlite returns:', () => {
  test.each<[string, unknown[]]>([
    ['select $1::text as a, $2::int as b, $3::float8 as c', ['x', 3, 0.5]],
    ['select $1::text as a, $2::json as b', [null, undefined]],
    ['select $1::json as a, $2::jsonb as b', [{ deep: ['ü', 1] }, [1, 2]]],
    [
      'select * from unnest($1::int4[], $2::text[]) as pair(n, words)',
      [
        [1, 2],
        ['a,b', '"c"'],
      ],
    ],
    ['select $1::timestamptz as at, $2::boolean as yes', ['2026-01-02T03:04:05Z', true]],
    ['select $1::int8 as large', ['9007199254740993']],
    ['insert into things values ($1, $2, $3) on conflict do nothing', [1, 'one', { a: 1 }]],
    ['update things set name = $1 where id >= $2', ['uno', 0]],
    ['delete from things where id = $1 returning id, facts', [77]],
    ['select id from things where id = $1', [12]],
  ])('%s', async (sql, parameters) => {
    const expected = await pglite.query(sql, parameters);
    for (let time = 0; time < 7; time += 1) {
      const { rows, fields, affectedRows } = await statements.query(sql, parameters);
      expect({ rows, fields }).toEqual({ rows: expected.rows, fields: expected.fields });
      // The second insert of the same finds it there.
      if (!sql.startsWith('insert')) expect(affectedRows).toBe(expected.affectedRows);
    }
  });

  test('with parsers of its own, prepared or not', async () => {
    const another = await PGlite.create();
    const own = createStatements(another, { 114: (text) => text });
    const expected = [{ a: '{"b":1}' }];
    for (let time = 0; time < 2; time += 1) {
      expect((await own.query('select $1::json as a', [{ b: 1 }])).rows).toEqual(expected);
    }
    expect((await own.query(`select '{"b":1}'::json as a`, [])).rows).toEqual(expected);
    await another.close();
  });
});

test('a statement is prepared once, however often it runs', async () => {
  const sql = 'select $1::int + 1 as next';
  for (const n of [1, 2, 3]) {
    expect((await statements.query(sql, [n])).rows).toEqual([{ next: n + 1 }]);
  }
  expect((await prepared()).filter(({ statement }) => statement === sql)).toHaveLength(1);
});

test('an error is reported, and the next statement runs', async () => {
  const insert = 'insert into things values ($1, $2, null)';
  await statements.query(insert, [5, 'five']);
  await expect(statements.query(insert, [5, 'again'])).rejects.toMatchObject({ code: '23505' });
  await expect(statements.query('select $1 as a from nowhere', [1])).rejects.toMatchObject({
    code: '42P01',
  });
  await statements.query(insert, [6, 'six']);
  expect(
    (await statements.query('select name from things where id > $1 order by id', [4])).rows,
  ).toEqual([{ name: 'five' }, { name: 'six' }]);
});

test('a schema change costs a prepared statement one error', async () => {
  await pglite.exec('create table moving (a int); insert into moving values (1)');
  const sql = 'select * from moving where a = $1';
  expect((await statements.query(sql, [1])).rows).toEqual([{ a: 1 }]);
  await pglite.exec("alter table moving add column b text default 'new'");
  await expect(statements.query(sql, [1])).rejects.toMatchObject({ code: '0A000' });
  expect((await statements.query(sql, [1])).rows).toEqual([{ a: 1, b: 'new' }]);
});

test('a rolled back statement stays usable', async () => {
  const sql = 'update things set name = $1 where id = $2';
  await pglite.exec('begin');
  await statements.query(sql, ['gone', 5]);
  await pglite.exec('rollback');
  expect((await statements.query(sql, ['kept', 5])).affectedRows).toBe(1);
});
