/** What of the folders of calls is removed, and when. */
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createHost } from '../../test/kit/spools.ts';
import { identify } from '../process-identity.ts';
import { writeSpool } from './spool.ts';
import { sweepSpools } from './sweep.ts';

const NOW = Date.now();
const KEEP_MS = 60_000;

/** The folders of calls, all last touched so long ago. */
async function stage(ago_ms: number, calls: string[]) {
  const { root } = createHost();
  for (const call of calls) {
    await mkdir(join(root, call, 'attempt-2'), { recursive: true });
    await writeFile(join(root, call, 'attempt-2', 'output.0000000000000000'), 'line\n');
  }
  await writeFile(join(root, 'id'), 'a host');
  const touch = async (path: string, ago = ago_ms) => {
    const at = new Date(NOW - ago);
    await utimes(join(root, path), at, at);
  };
  const age = async () => {
    for (const path of await readdir(root, { recursive: true })) await touch(path);
  };
  await age();
  return {
    root,
    touch,
    age,
    async sweep(inUse: string[] = []) {
      const isInUse = (call: string) => inUse.includes(call);
      await sweepSpools({ root, keep_ms: KEEP_MS, isInUse }, NOW);
      return (await readdir(root)).toSorted();
    },
  };
}

test('a folder in which nothing has happened for the time is removed, whole; what is no folder stays', async () => {
  const { sweep } = await stage(KEEP_MS + 1_000, ['call_a', 'call_b']);
  expect(await sweep()).toEqual(['id']);
});

test('one that was touched since then stays, however deep', async () => {
  const { sweep, touch } = await stage(KEEP_MS + 1_000, ['call_a', 'call_b']);
  await touch('call_b/attempt-2/output.0000000000000000', KEEP_MS - 1_000);
  expect(await sweep()).toEqual(['call_b', 'id']);
});

test('one that a worker is using stays', async () => {
  const { sweep } = await stage(KEEP_MS + 1_000, ['call_a', 'call_b']);
  expect(await sweep(['call_a'])).toEqual(['call_a', 'id']);
});

test.each(['program.json', 'keeper.json'] as const)(
  'one whose %s is of a process that lives stays, and goes when that was another process',
  async (file) => {
    const { root, sweep, age } = await stage(KEEP_MS + 1_000, ['call_a', 'call_b']);
    const self = (await identify(process.pid))!;
    await writeSpool(join(root, 'call_a', 'attempt-2'), file, self);
    await writeSpool(join(root, 'call_b'), file, { ...self, began: 'long ago' });
    await age();
    expect(await sweep()).toEqual(['call_a', 'id']);
  },
);

test('where no call has ever run there is nothing to do', async () => {
  const { root } = createHost();
  await expect(
    sweepSpools({ root, keep_ms: KEEP_MS, isInUse: () => false }, NOW),
  ).resolves.toBeUndefined();
});
