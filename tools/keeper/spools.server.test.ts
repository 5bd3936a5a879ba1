import { readdir } from 'node:fs/promises';
import { basename } from 'node:path';
import { expect, test } from 'vitest';
import { createHost } from '../../test/kit/spools.ts';

test('each tenant has a folder of its own for a call of the same id, and releasing one leaves the other in use', async () => {
  const perTenant = new Map<string, string>();
  const host = createHost(async ({ tenant }, callId, holder) => {
    const isNew = !perTenant.has(tenant + callId);
    perTenant.set(tenant + callId, holder);
    return { holder, isNew };
  });
  const of = (tenant: string) => ({ tenant, id: 'conv_1' });
  const folders = await Promise.all(
    ['default', 'acme', 'acme.test'].map((tenant) => host.open(of(tenant), 'call_1')),
  );
  expect(folders.map((folder) => basename(folder))).toEqual([
    'call_1',
    'acme~call_1',
    'acme.test~call_1',
  ]);
  host.release(of('acme'), 'call_1');
  const names = (await readdir(host.root)).filter((name) => name !== 'id').toSorted();
  expect(names.filter(host.isInUse)).toEqual(['acme.test~call_1', 'call_1']);
});
