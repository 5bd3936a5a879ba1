import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { renameSync } from 'node:fs';
import { cp, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { PGliteDialect } from 'kysely';
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  onTestFinished,
  test,
} from 'vitest';
import { openStore, storeOn } from './open.ts';
import { type PGliteOptions, startPGlite } from './pglite-client.ts';
import { startThread } from './pglite-session.ts';
import type { ThreadOptions } from './pglite-thread.ts';
import { batch, message, replying, someone, started } from '../test/store/samples.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'meanwhile-pglite-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

test('V8 does not optimize the parser of SQL, which would take 600 MB', async () => {
  await (await openStore({ folder })).close();
  const program = join(import.meta.dirname, '../test/store/parse-many.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [program, folder]);
  expect(Number(stdout)).toBeGreaterThan(0);
  expect(Number(stdout)).toBeLessThan(300e6);
});

test('acknowledged entries survive kill -9, and the log goes on from them', async () => {
  const one = someone();
  let acknowledged = 0;
  // Twice: what the first run recovers from is not a clean shutdown either.
  for (const enough of [50, 150]) {
    const writer = spawn(
      process.execPath,
      [
        join(import.meta.dirname, '../test/store/record-until-killed.ts'),
        folder,
        JSON.stringify(one),
      ],
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

test('a transaction that fails changes nothing, and its error keeps its code', async () => {
  const pglite = await startPGlite({ folder });
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

test('a database that is closed answers its pending queries, ends its thread, and fails later queries', async () => {
  const codes: number[] = [];
  const start = (opening: ThreadOptions) =>
    startThread(opening).on('exit', (code) => codes.push(code));
  const pglite = await startPGlite({ folder }, { start });
  const asked = pglite.query('select 1');
  await pglite.close();
  // A thread that had to be terminated ends with 1.
  expect(codes).toEqual([0]);
  expect(await asked).toMatchObject({ rows: [{ '?column?': 1 }] });
  await expect(pglite.query('select 1')).rejects.toThrow('The database has stopped.');
});

describe('a database that stops', () => {
  // Making one takes far longer than opening it.
  let template: string;
  beforeAll(async () => {
    template = await mkdtemp(join(tmpdir(), 'meanwhile-pglite-'));
    const pglite = await startPGlite({
      folder: template,
    });
    await pglite.close();
  });
  afterAll(() => rm(template, { recursive: true, force: true }));

  const open = async (more: PGliteOptions = {}) => {
    await cp(template, folder, { recursive: true });
    const threads: Worker[] = [];
    const lines: string[] = [];
    const pglite = await startPGlite(
      { folder },
      {
        log: (line) => lines.push(line),
        start(opening) {
          const thread = new Worker(MORTAL, { workerData: opening, name: 'store' });
          threads.push(thread);
          return thread;
        },
        ...more,
      },
    );
    onTestFinished(() => pglite.close().catch(() => {}));
    const kill = async () => {
      const thread = threads.at(-1)!;
      thread.postMessage('die');
      await new Promise((done) => thread.once('exit', done));
    };
    return { pglite, lines, kill, threads };
  };
  const MORTAL = new URL('../test/store/mortal-thread.ts', import.meta.url);
  const stopped = { name: 'DatabaseStopped', code: '57P02' };

  test('is reopened: queries in flight fail, later ones are answered, and nothing is lost', async () => {
    const { pglite, kill, lines } = await open();
    const store = await storeOn(new PGliteDialect({ pglite }));
    const one = someone();
    for (let round = 1; round <= 3; round++) {
      await store.record(batch(one, [1, round], round, [message(round, `${round}`)]));
      const killed = kill();
      const inFlight = pglite.query('select 1');
      const behind = store.window(one, { from: 1, to: 9 });
      await expect(inFlight).rejects.toMatchObject(stopped);
      expect(await behind).toHaveLength(round);
      await killed;
      expect(lines).toHaveLength(round);
    }
    await store.close();
  });

  test('fails the transaction that is in flight, of which nothing remains', async () => {
    const { pglite, kill } = await open();
    await pglite.exec('create table things (name text)');
    const half = pglite.transaction(async ({ query }) => {
      await query('insert into things values ($1)', ['one']);
      await kill();
      await query('insert into things values ($1)', ['two']);
    });
    await expect(half).rejects.toMatchObject(stopped);
    expect(await pglite.query('select * from things')).toMatchObject({ rows: [] });
  });

  test('as a transaction begins fails that transaction without blocking others', async () => {
    const { pglite, kill } = await open();
    const store = await storeOn(new PGliteDialect({ pglite }));
    const place = { tenant: 't', queue: 'q', call_id: 'call_a' };
    await Promise.all(
      Array.from({ length: 4 }, async () => {
        const joining = store.queueUp({ ...place, call_id: `call_${Math.random()}` });
        void kill();
        // It may be lost or done, but it gets an answer.
        await joining.catch((error) =>
          expect(error).toMatchObject({ name: 'StoreUnavailable', cause: stopped }),
        );
      }),
    );
    expect(await store.queueUp(place)).toBeLessThanOrEqual(4);
  });

  test('by a panic is reopened', async () => {
    const control = join(folder, 'global', 'pg_control');
    const restore = () => renameSync(`${control}.away`, control);
    const { pglite } = await open({ log: restore });
    await pglite.exec('create table things (name text)');
    renameSync(control, `${control}.away`);
    await expect(pglite.exec('checkpoint')).rejects.toMatchObject(stopped);
    expect(await pglite.query('select * from things')).toMatchObject({ rows: [] });
  });

  test('with an unreadable answer is reopened', async () => {
    const { pglite, threads } = await open();
    const asked = pglite.query('select pg_sleep(60)');
    setImmediate(() => threads[0]!.emit('messageerror', new RangeError('too deep')));
    await expect(asked).rejects.toThrow('The database has stopped: too deep.');
    expect(await pglite.query('select 1 as one')).toMatchObject({ rows: [{ one: 1 }] });
  });

  test('and cannot be reopened fails, as does every later query', async () => {
    const { pglite, kill } = await open();
    await rm(join(folder, 'global'), { recursive: true });
    await kill();
    await expect(pglite.failed).rejects.toThrow(/The database has stopped.*not be reopened/);
    await expect(pglite.query('select 1')).rejects.toThrow('could not be reopened');
    await pglite.close();
  });

  test('again and again fails, so that an operator looks', async () => {
    const { pglite, kill } = await open();
    for (let times = 0; times < 5; times++) {
      await kill();
      await pglite.query('select 1');
    }
    await kill();
    await expect(pglite.failed).rejects.toThrow('It has stopped 5 times within a minute.');
  });
});

test('long drafts do not make the files grow forever', async () => {
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
