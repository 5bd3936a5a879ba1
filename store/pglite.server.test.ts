import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { PGlite } from '@electric-sql/pglite';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { openStore } from './open.ts';
import { startPGlite } from './pglite-client.ts';
import { batch, message, replying, someone, started } from './samples.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'meanwhile-pglite-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

test('what was acknowledged is there after kill -9, and the log goes on from it', async () => {
  const one = someone();
  let acknowledged = 0;
  // Twice: what the first run recovers from is not a clean shutdown either.
  for (const enough of [50, 150]) {
    const writer = spawn(
      process.execPath,
      [join(import.meta.dirname, 'record-until-killed.ts'), folder, JSON.stringify(one)],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const ended = once(writer, 'exit');
    for await (const line of createInterface(writer.stdout)) {
      acknowledged = Number(line);
      if (acknowledged >= enough) writer.kill('SIGKILL');
    }
    expect(await ended).toEqual([null, 'SIGKILL']);
    expect(acknowledged).toBeGreaterThanOrEqual(enough);
  }

  const store = await openStore({ folder });
  const last = (await store.conversation(one))!.last_seq;
  expect(last).toBeGreaterThanOrEqual(acknowledged);
  const entries = await store.window(one, { from: 1, to: last });
  expect(entries).toEqual(Array.from({ length: last }, (_, i) => message(i + 1, `${i + 1}`)));
  await store.record(batch(one, [9, 9], last + 1, [message(last + 1, 'and on')]));
  expect((await store.conversation(one))?.last_seq).toBe(last + 1);
  await store.close();
});

test('a transaction that fails leaves nothing, and its error keeps its code', async () => {
  const pglite = await startPGlite({ folder, startParams: PGlite.defaultStartParams });
  onTestFinished(() => pglite.close());
  await pglite.exec('create table things (name text primary key)');
  const twice = pglite.transaction(async ({ query }) => {
    await query('insert into things values ($1)', ['one']);
    await query('insert into things values ($1)', ['one']);
  });
  // Asked meanwhile, it waits for the end of the transaction.
  const after = pglite.query('select * from things');
  await expect(twice).rejects.toMatchObject({ code: '23505' });
  expect(await after).toMatchObject({ rows: [] });
});

test('what is asked of a database that has been closed fails', async () => {
  const pglite = await startPGlite({ folder, startParams: PGlite.defaultStartParams });
  const asked = pglite.query('select 1');
  await pglite.close();
  expect(await asked).toMatchObject({ rows: [{ '?column?': 1 }] });
  await expect(pglite.query('select 1')).rejects.toThrow('The database has stopped.');
});

test('long drafts do not make the files grow without end', async () => {
  const store = await openStore({ folder });
  const one = someone();
  await store.record(batch(one, [1, 1], 1, [message(1, 'go'), started(2, 1)], replying(1)));
  await store.beginDraft(one, 'reply_1', 1);
  const say = (text: string) => store.appendDraft(one, { reply_id: 'reply_1', attempt: 1, text });
  await say('x'.repeat(100_000));
  for (let chunk = 0; chunk < 3_000; chunk++) await say('.');
  expect((await store.draft(one))?.text).toHaveLength(103_000);
  await store.close();
  // Each chunk rewrites the text, in the table and in the write-ahead log: 600 MB in all.
  expect(await sizeOf(folder)).toBeLessThan(400_000_000);
});

async function sizeOf(of: string): Promise<number> {
  const names = await readdir(of, { recursive: true });
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(of, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}
