import { beforeEach, expect, test } from 'vitest';
import type { ApiKey } from '../../contract/access.ts';
import { createMemoryKeys } from '../../test/kit/memory-keys.ts';
import type { KeyStore } from '../../store/key-store.ts';
import { type Access, CHECK_MS, NOTICED_MS, openAccess } from './access.ts';
import { makeKey } from './key.ts';
import { createKey, managedBy, revokeKey, rotateKey } from './manage.ts';
import { ANYONE, Unauthenticated } from './principal.ts';
import { signToken } from './token.ts';

const SECRET = 'a secret of the tests, long enough';
const START = Date.parse('2030-01-02T03:04:05.678Z');
let store: KeyStore;
let lookUps: number;
/** Wall clock, and one that does not jump. Milliseconds. */
let now: number;
let uptime: number;

beforeEach(() => {
  const keys = createMemoryKeys();
  lookUps = 0;
  now = START;
  uptime = 0;
  store = {
    ...keys,
    findKey(by) {
      lookUps += 1;
      return keys.findKey(by);
    },
  };
});

const opened = () => openAccess({ store, secret: SECRET, now: () => now, uptime: () => uptime });

function pass(milliseconds: number): void {
  now += milliseconds;
  uptime += milliseconds;
}
const made = (more: { test?: boolean; expires_in_s?: number; tenant?: string } = {}) =>
  createKey(
    store,
    more.tenant ?? 'acme',
    { name: 'web', scopes: ['read', 'write'], test: false, ...more },
    now,
  );
const conversationToken = (key?: string) =>
  signToken(SECRET, {
    kind: 'conversation',
    tenant: 'acme',
    conversation: 'conv_1',
    scopes: ['read'],
    ...(key !== undefined && { key }),
    expires_at: START + 60_000,
  });

test('a service that has never had a key accepts every request, whatever credential it has', async () => {
  const access = await opened();
  expect(access.isOpen()).toBe(true);
  for (const sent of [undefined, 'sk-something-else', makeKey({ test: false }).key]) {
    expect(await access.authenticate(sent)).toEqual(ANYONE);
  }
  await access.close();
});

test('without keys, a token still says what its holder may do', async () => {
  const access = await opened();
  const principal = await access.authenticate(conversationToken());
  expect(principal).toMatchObject({ kind: 'token', conversation: 'conv_1', scopes: ['read'] });
  await access.close();
});

test('a key gives its tenant and scopes', async () => {
  const { key, id } = await made();
  const access = await opened();
  expect(await access.authenticate(key)).toEqual({
    kind: 'key',
    tenant: 'acme',
    scopes: ['read', 'write'],
    id,
  });
  await access.close();
});

test('a test key reaches the test side of its tenant, which no live key reaches', async () => {
  const { key } = await made({ test: true });
  const access = await opened();
  expect(key).toMatch(/^mw_test_/);
  expect((await access.authenticate(key)).tenant).toBe('acme.test');
  await access.close();
});

test('once there is a key, a request without one is refused, and so is any other text', async () => {
  await made();
  const access = await opened();
  const mistyped = makeKey({ test: false }).key.replace(/.$/, '-');
  for (const sent of [
    undefined,
    '',
    'hello',
    'Basic abc',
    mistyped,
    makeKey({ test: false }).key,
  ]) {
    await expect(access.authenticate(sent), sent).rejects.toThrow(Unauthenticated);
  }
  await access.close();
});

test('a service stays closed after its last key was revoked', async () => {
  const { id, tenant } = await made();
  await revokeKey(store, { id, tenants: [tenant] }, now);
  const access = await opened();
  expect(access.isOpen()).toBe(false);
  await access.close();
});

test('requests with a key look it up once in the time within which a revocation is noticed', async () => {
  const { key } = await made();
  const access = await opened();
  await Promise.all(Array.from({ length: 20 }, () => access.authenticate(key)));
  pass(NOTICED_MS - CHECK_MS - 1);
  await access.authenticate(key);
  expect(lookUps).toBe(1);
  pass(2);
  await access.authenticate(key);
  expect(lookUps).toBe(2);
  await access.close();
});

test('a mistyped key costs no look-up', async () => {
  await made();
  const access = await opened();
  const mistyped = makeKey({ test: false }).key.slice(0, -1);
  await access.authenticate(mistyped).catch(() => {});
  expect(lookUps).toBe(0);
  await access.close();
});

test('a revoked key ends at once where it was revoked, and after the named time elsewhere', async () => {
  const { key, id, tenant } = await made();
  const [here, elsewhere] = [await opened(), await opened()];
  for (const access of [here, elsewhere]) await access.authenticate(key);
  await revokeKey(store, { id, tenants: [tenant] }, now);
  await here.changed();
  await expect(here.authenticate(key)).rejects.toThrow('The key was revoked.');
  await elsewhere.authenticate(key);
  pass(NOTICED_MS + 1);
  await expect(elsewhere.authenticate(key)).rejects.toThrow('The key was revoked.');
  for (const access of [here, elsewhere]) await access.close();
});

test('a revoked key ends elsewhere after the named time even if the wall clock there is set back', async () => {
  const { key, id, tenant } = await made();
  const access = await opened();
  await access.authenticate(key);
  await revokeKey(store, { id, tenants: [tenant] }, now);
  pass(NOTICED_MS + 1);
  now -= 3_600_000;
  await expect(access.authenticate(key)).rejects.toThrow('The key was revoked.');
  await access.close();
});

test('a key ends when it expires, even while it is in the cache', async () => {
  const { key } = await made({ expires_in_s: 5 });
  const access = await opened();
  await access.authenticate(key);
  pass(5_000);
  await expect(access.authenticate(key)).rejects.toThrow('The key has expired.');
  await access.close();
});

test('while the store is unavailable, a key seen before stays valid and an unknown one is neither accepted nor refused', async () => {
  const { key } = await made();
  const { key: unseen } = await made();
  let isAway = false;
  const keys = store;
  store = {
    ...keys,
    async findKey(by) {
      if (isAway) throw new Error('away');
      return keys.findKey(by);
    },
  };
  const access = await opened();
  await access.authenticate(key);
  isAway = true;
  pass(10 * NOTICED_MS);
  expect((await access.authenticate(key)).kind).toBe('key');
  await expect(access.authenticate(unseen)).rejects.toThrow('away');
  await access.close();
});

test('a token ends with its time, and with the key it was made with', async () => {
  const { id, tenant } = await made();
  const access = await opened();
  const token = conversationToken(id);
  expect(await access.authenticate(token)).toMatchObject({ kind: 'token', tenant: 'acme' });
  await revokeKey(store, { id, tenants: [tenant] }, now);
  await access.changed();
  await expect(access.authenticate(token)).rejects.toThrow('The key was revoked.');
  pass(60_000);
  await expect(access.authenticate(conversationToken())).rejects.toThrow('The token has expired.');
  await access.close();
});

test('the last use of a key is recorded to the minute, once for all its requests', async () => {
  const { key, id } = await made();
  const written: unknown[] = [];
  const keys = store;
  store = { ...keys, usedKeys: async (uses) => void written.push(uses) };
  const access: Access = await opened();
  for (let times = 0; times < 3; times += 1) await access.authenticate(key);
  await access.close();
  expect(written).toEqual([[{ id, at: '2030-01-02T03:04:00.000Z' }]]);
});

test('a rotated key has the same scopes, and the old one ends after the overlap', async () => {
  const old = await made({ expires_in_s: 1_000 });
  const fresh = (await rotateKey(
    store,
    { id: old.id, tenants: ['acme'] },
    { overlap_s: 60 },
    now,
  )) as ApiKey & { key: string };
  expect(fresh).toMatchObject({ name: 'web', scopes: ['read', 'write'], tenant: 'acme' });
  expect(fresh.expires_at).toBe(new Date(now + 1_000_000).toISOString());
  const access = await opened();
  for (const { key } of [old, fresh]) await access.authenticate(key);
  pass(60_000);
  await expect(access.authenticate(old.key)).rejects.toThrow('The key has expired.');
  expect((await access.authenticate(fresh.key)).id).toBe(fresh.id);
  const again = await rotateKey(store, { id: old.id, tenants: ['acme'] }, { overlap_s: 0 }, now);
  expect(again).toBe('ended');
  await access.close();
});

test('an administrator manages the keys of both sides of a tenant, and one of its test side only those', () => {
  expect(managedBy('acme')).toEqual(['acme', 'acme.test']);
  expect(managedBy('acme.test')).toEqual(['acme.test']);
});
