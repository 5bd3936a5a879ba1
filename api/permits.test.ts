import { afterEach, expect, test } from 'vitest';
import { type Access, NOTICED_MS, openAccess } from '../security/access/access.ts';
import { createKey, revokeKey } from '../security/access/manage.ts';
import type { Store } from '../store/store.ts';
import { createTestApi, PUSH_SECRET } from '../test/kit/api.ts';
import { createHandTicker } from '../test/kit/hand-ticker.ts';
import { createMemoryStore } from '../test/kit/memory-store.ts';
import { connectSse } from '../test/kit/sse-client.ts';

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

/** Two API processes on one store, and a conversation that is followed at the first. */
async function prepared(wanted: { expires_in_s?: number } = {}) {
  let time = Date.now();
  const now = () => time;
  let isAway = false;
  const store = createMemoryStore();
  const seen: Store = {
    ...store,
    findKey: (which) => (isAway ? Promise.reject(new Error('away')) : store.findKey(which)),
  };
  const access: Access = await openAccess({ store: seen, secret: PUSH_SECRET, now, uptime: now });
  const { ticker, ...hand } = createHandTicker();
  const api = await createTestApi({ store: seen, access, streaming: { ticker } });
  ends.push(() => api.app.close());
  const scopes = ['read', 'write'] as const;
  const make = () =>
    createKey(store, 'acme', { name: 'web', scopes: [...scopes], test: false, ...wanted });
  const [mine, other] = [await make(), await make()];
  await access.changed();
  const { body } = await api.post('/v1/conversations', {}, bearer(mine.key));
  const url = `/v1/conversations/${body.id}`;
  const base = await api.listen();
  return {
    ...{ api, url, mine, other, access },
    follow: (credential: string) => connectSse(`${base}${url}/stream`, bearer(credential)),
    revoke: () => revokeKey(store, { id: mine.id, tenants: ['acme'] }),
    goAway: () => void (isAway = true),
    pass(ms: number) {
      time += ms;
      hand.tick();
    },
  };
}

test('a revoked key ends its streams and those of its tokens within the remembered time, and no others', async () => {
  const { api, url, mine, other, follow, revoke, pass } = await prepared();
  const { body } = await api.post(`${url}/tokens`, {}, bearer(mine.key));
  const [streams, stays] = [
    await Promise.all([follow(mine.key), follow(mine.key), follow(body.token)]),
    await follow(other.key),
  ];
  pass(0);
  // In another process: this one is not told.
  await revoke();
  pass(NOTICED_MS);
  for (const stream of streams) expect(await stream.rest()).toEqual([]);
  expect((await follow(mine.key)).status).toBe(401);
  expect(stays.response.readableEnded || stays.response.destroyed).toBe(false);
  stays.vanish();
});

test('an expired key ends its streams', async () => {
  const { mine, follow, pass } = await prepared({ expires_in_s: 3_600 });
  const stream = await follow(mine.key);
  pass(3_700_000);
  expect(await stream.rest()).toEqual([]);
});

test('an expired token ends its own streams, and none of its key', async () => {
  const { api, url, mine, follow, pass } = await prepared();
  const { body } = await api.post(`${url}/tokens`, { expires_in_s: 60 }, bearer(mine.key));
  const [stream, ofKey] = [await follow(body.token), await follow(mine.key)];
  pass(70_000);
  expect(await stream.rest()).toEqual([]);
  expect(ofKey.response.readableEnded || ofKey.response.destroyed).toBe(false);
  ofKey.vanish();
});

test('streams stay open while keys cannot be checked', async () => {
  const { mine, access, follow, goAway, pass } = await prepared();
  const stream = await follow(mine.key);
  goAway();
  await access.changed();
  pass(NOTICED_MS);
  await expect(access.authenticate(mine.key)).rejects.toThrow('away');
  expect(stream.response.readableEnded || stream.response.destroyed).toBe(false);
  stream.vanish();
});
