import { afterEach, expect, test } from 'vitest';
import { openAccess } from '../security/access/access.ts';
import { createKey } from '../security/access/manage.ts';
import { StoreUnavailable } from '../store/unavailable.ts';
import { createTestApi, PUSH_SECRET, TEST_SETTINGS, type TestApi } from '../test/kit/api.ts';
import { createMemoryStore } from '../test/kit/memory-store.ts';
import { createQuotas, type QuotaSettings } from './quotas.ts';

let api: TestApi | undefined;
afterEach(async () => {
  await api?.app.close();
  api = undefined;
});

/** An API with two keys of one tenant and one of another. */
async function limited(settings: QuotaSettings) {
  const store = createMemoryStore();
  const keyOf = async (tenant: string) => {
    const { key } = await createKey(store, tenant, {
      name: tenant,
      scopes: ['read', 'write'],
      test: false,
    });
    return { authorization: `Bearer ${key}` };
  };
  const [one, other, foreign] = [await keyOf('acme'), await keyOf('acme'), await keyOf('else')];
  const access = await openAccess({ store, secret: PUSH_SECRET });
  api = await createTestApi({ store, access, settings: { ...TEST_SETTINGS, ...settings } });
  return { ...api, one, other, foreign };
}

test('a key that has used up its requests is told when to try again; other keys go on', async () => {
  const { get, one, other } = await limited({ MEANWHILE_MAX_REQUESTS_PER_MINUTE: 2 });
  const first = await get('/v1/tools', one);
  expect(first.headers).toMatchObject({
    'ratelimit-policy': '"key";q=2;w=60',
    ratelimit: '"key";r=1;t=60',
  });
  expect((await get('/v1/tools', one)).status).toBe(200);
  const third = await get('/v1/tools', one);
  expect(third.status).toBe(429);
  expect(third.body.code).toBe('rate_limited');
  expect(third.headers.ratelimit).toMatch(/^"key";r=0;t=\d+$/);
  expect(Number(third.headers['retry-after'])).toBeGreaterThan(0);
  expect((await get('/v1/tools', other)).status).toBe(200);
});

test('all keys of a tenant share its limit, and another tenant has its own', async () => {
  const { get, one, other, foreign } = await limited({
    MEANWHILE_MAX_REQUESTS_PER_MINUTE: 10,
    MEANWHILE_MAX_REQUESTS_PER_MINUTE_PER_TENANT: 2,
  });
  for (const key of [one, other]) expect((await get('/v1/tools', key)).status).toBe(200);
  const refused = await get('/v1/tools', one);
  expect(refused.status).toBe(429);
  expect(refused.headers['ratelimit-policy']).toBe('"key";q=10;w=60, "tenant";q=2;w=60');
  expect((await get('/v1/tools', foreign)).status).toBe(200);
});

test('a request without a valid key counts against no limit, and public routes are not limited', async () => {
  const { get, one } = await limited({ MEANWHILE_MAX_REQUESTS_PER_MINUTE: 1 });
  for (let times = 0; times < 3; times += 1) {
    expect((await get('/v1/tools')).status).toBe(401);
    expect((await get('/healthz', one)).status).toBe(200);
  }
  expect((await get('/v1/tools', one)).status).toBe(200);
});

test('a tenant begins a limited number of conversations in an hour', async () => {
  const { post, one, other, foreign } = await limited({
    MEANWHILE_MAX_CONVERSATIONS_PER_HOUR_PER_TENANT: 1,
  });
  expect((await post('/v1/conversations', {}, one)).status).toBe(201);
  expect((await post('/v1/conversations', {}, other)).body.code).toBe('rate_limited');
  expect((await post('/v1/conversations', {}, foreign)).status).toBe(201);
});

test('a tenant that has spent the tokens of today sends no messages until tomorrow', async () => {
  const { post, one, store } = await limited({
    MEANWHILE_REFUSE_AT_TOKENS_PER_TENANT_PER_DAY: 100,
  });
  const day = new Date().toISOString().slice(0, 10);
  const { body } = await post('/v1/conversations', {}, one);
  await store.spendTokens({ tenant: 'acme', day }, 100);
  for (const [url, message] of [
    [`/v1/conversations/${body.id}/messages`, { text: 'hi' }],
    ['/v1/conversations', { message: { text: 'hi' } }],
  ] as const) {
    const refused = await post(url, message, one);
    expect(refused.body.code).toBe('rate_limited');
    expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(86_400);
  }
  expect((await post('/v1/conversations', {}, one)).status).toBe(201);
});

test('a tenant has a limited number of open streams, and gets a new one when one of them ends', async () => {
  const { post, one, foreign, listen } = await limited({ MEANWHILE_MAX_STREAMS_PER_TENANT: 1 });
  const { body } = await post('/v1/conversations', {}, one);
  const { body: elsewhere } = await post('/v1/conversations', {}, foreign);
  const base = await listen();
  const open = async (headers: Record<string, string>, id: string) => {
    const ending = new AbortController();
    const url = `${base}/v1/conversations/${id}/stream`;
    const { status } = await fetch(url, { headers, signal: ending.signal });
    return { status, end: () => ending.abort() };
  };
  const first = await open(one, body.id);
  expect(first.status).toBe(200);
  expect((await open(one, body.id)).status).toBe(429);
  const other = await open(foreign, elsewhere.id);
  expect(other.status).toBe(200);
  first.end();
  await expect.poll(async () => (await open(one, body.id)).status).toBe(200);
  other.end();
});

test('without settings nothing is counted', async () => {
  const { get, one } = await limited({});
  const { headers } = await get('/v1/tools', one);
  expect(headers).not.toHaveProperty('ratelimit');
});

test('while the store is away, messages are accepted whatever was spent', async () => {
  const quotas = createQuotas(
    { MEANWHILE_REFUSE_AT_TOKENS_PER_TENANT_PER_DAY: 1 },
    { tokensSpent: () => Promise.reject(new StoreUnavailable('away', { mayBeDone: false })) },
  );
  await expect(quotas.tokens('acme')).resolves.toBeUndefined();
});
