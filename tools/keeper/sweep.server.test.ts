/** Which folders of calls are removed, and when. */
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createHost } from '../../test/kit/spools.ts';
import { identify } from '../process-identity.ts';
import { writeSpool } from './spool.ts';
import { sweepSpools } from './sweep.ts';

const NOW = Date.now();
const KEEP_MS = 60_000;

/** The folders of calls, all last modified this long ago. */
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

test('a folder without a change for the retention time is removed completely, and a plain file stays', async () => {
  const { sweep } = await stage(KEEP_MS + 1_000, ['call_a', 'call_b']);
  expect(await sweep()).toEqual(['id']);
});

test('a folder with a more recent change at any depth stays', async () => {
  const { sweep, touch } = await stage(KEEP_MS + 1_000, ['call_a', 'call_b']);
  await touch('call_b/attempt-2/output.0000000000000000', KEEP_MS - 1_000);
  expect(await sweep()).toEqual(['call_b', 'id']);
});

test('a folder that a worker uses stays', async () => {
  const { sweep } = await stage(KEEP_MS + 1_000, ['call_a', 'call_b']);
  expect(await sweep(['call_a'])).toEqual(['call_a', 'id']);
});

test.each(['program.json', 'keeper.json'] as const)(
  'a folder whose %s names a live process stays, and is removed if that is now another process',
  async (file) => {
    const { root, sweep, age } = await stage(KEEP_MS + 1_000, ['call_a', 'call_b']);
    const self = (await identify(process.pid))!;
    await writeSpool(join(root, 'call_a', 'attempt-2'), file, self);
    await writeSpool(join(root, 'call_b'), file, { ...self, began: 'long ago' });
    await age();
    expect(await sweep()).toEqual(['call_a', 'id']);
  },
);

test('a sweep without any folder of calls does nothing', async () => {
  const { root } = createHost();
  await expect(
    sweepSpools({ root, keep_ms: KEEP_MS, isInUse: () => false }, NOW),
  ).resolves.toBeUndefined();
});
