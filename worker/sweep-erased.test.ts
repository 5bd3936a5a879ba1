import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { sweepErased } from './sweep-erased.ts';

test('the folders of erased calls go, except while one is in use, and those of other calls and tenants stay', async () => {
  const root = await mkdtemp(join(tmpdir(), 'meanwhile-erased-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  const names = ['call_1', 'acme~call_1', 'acme~call_2', 'acme~call_3'];
  for (const name of names) await mkdir(join(root, name, 'attempt-2'), { recursive: true });
  const store = {
    erasedCalls: async () => [
      { tenant: 'acme', call_id: 'call_1' },
      { tenant: 'acme', call_id: 'call_2' },
      { tenant: 'acme', call_id: 'call_elsewhere' },
    ],
  };
  await sweepErased({ root, store, isInUse: (name) => name === 'acme~call_2' }, 0);
  expect(names.filter((name) => existsSync(join(root, name)))).toEqual([
    'call_1',
    'acme~call_2',
    'acme~call_3',
  ]);
});
