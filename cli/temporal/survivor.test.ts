import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { identify } from '../../tools/process-identity.ts';
import { readRecord, removeRecord, writeRecord } from './record.ts';
import { takeOver } from './survivor.ts';

let home: string;
beforeEach(async () => void (home = await mkdtemp(join(tmpdir(), 'meanwhile-survivor-'))));
afterEach(() => rm(home, { recursive: true, force: true }));

const nothingSaid = (line: string) => {
  throw new Error(line);
};

test('without a record there is no server to take over', async () => {
  expect(await takeOver(home, 'default', nothingSaid)).toBeUndefined();
});

test('another process with the id of the server is neither used nor ended', async () => {
  await writeRecord(home, {
    pid: process.pid,
    began: 'x',
    boot: 'y',
    port: 1,
    uiPort: 2,
    database: 'd',
  });
  expect(await takeOver(home, 'default', nothingSaid)).toBeUndefined();
  expect(await identify(process.pid)).toBeDefined();
});

test('an incomplete record counts as none', async () => {
  await writeFile(join(home, 'temporal.json'), '{"pid": 1');
  expect(await readRecord(home)).toBeUndefined();
});

test('a record can be read until it is removed', async () => {
  const record = { pid: 7, began: 's', boot: 'b', port: 7233, uiPort: 8233, database: 'd' };
  await writeRecord(home, record);
  expect(await readRecord(home)).toEqual(record);
  await removeRecord(home);
  expect(await readRecord(home)).toBeUndefined();
});

test.each([
  ['boot-1/123', { boot: 'boot-1', began: '123' }],
  ['Fri Nov 27 03:00:00 2026', { boot: '', began: 'Fri Nov 27 03:00:00 2026' }],
])('a record of an earlier version, begun %s, is read', async (started, identity) => {
  const rest = { pid: 7, port: 7233, uiPort: 8233, database: 'd' };
  await writeFile(join(home, 'temporal.json'), JSON.stringify({ ...rest, started }));
  expect(await readRecord(home)).toEqual({ ...rest, ...identity });
});
