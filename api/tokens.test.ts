import { expect, test } from 'vitest';
import { openAccess } from '../security/access/access.ts';
import { createKey, revokeKey } from '../security/access/manage.ts';
import type { Scope } from '../contract/access.ts';
import { createTestApi, PUSH_SECRET, TEST_SETTINGS } from '../test/kit/api.ts';
import { createMemoryStore } from '../test/kit/memory-store.ts';

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

/** An API with a key of these scopes and a conversation. */
async function prepared(scopes: Scope[] = ['read', 'write', 'approve']) {
  const store = createMemoryStore();
  const { key, id: keyId } = await createKey(store, 'acme', { name: 'web', scopes, test: false });
  const maker = await createKey(store, 'acme', { name: 'm', scopes: ['write'], test: false });
  const access = await openAccess({ store, secret: PUSH_SECRET });
  const api = await createTestApi({ store, access });
  const { body } = await api.post('/v1/conversations', {}, bearer(maker.key));
  const url = `/v1/conversations/${body.id}`;
  const token = async (wanted: object = {}) =>
    (await api.post(`${url}/tokens`, wanted, bearer(key))).body.token as string;
  return { ...api, store, access, url, key, keyId, maker, token };
}

test('a token follows and talks in its conversation, as its rights say', async () => {
  const { get, post, url, token } = await prepared();
  const both = bearer(await token());
  expect((await get(url, both)).status).toBe(200);
  expect((await post(`${url}/messages`, { text: 'hi' }, both)).status).toBe(202);
  expect((await post(`${url}/calls/c/approval`, { decision: 'deny' }, both)).status).toBe(403);
  const reader = bearer(await token({ scopes: ['read'] }));
  expect((await get(`${url}/entries`, reader)).status).toBe(200);
  expect((await post(`${url}/messages`, { text: 'hi' }, reader)).status).toBe(403);
});

test('a token reaches no other conversation, and nothing that is not about one', async () => {
  const { get, post, token, maker } = await prepared();
  const mine = bearer(await token());
  const { body: other } = await post('/v1/conversations', {}, bearer(maker.key));
  expect((await get(`/v1/conversations/${other.id}`, mine)).status).toBe(404);
  for (const url of ['/v1/conversations', '/v1/tools', '/v1/agents', '/metrics']) {
    expect((await get(url, mine)).status, url).toBe(403);
  }
  expect((await post('/v1/conversations', {}, mine)).status).toBe(403);
  expect((await post('/mcp', {}, mine)).status).toBe(403);
});

test('a token cannot make a token', async () => {
  const { post, url, token } = await prepared();
  expect((await post(`${url}/tokens`, {}, bearer(await token()))).status).toBe(403);
});

test('a token has no right that its maker lacks, and none of an administrator', async () => {
  const { post, url, key } = await prepared(['read', 'admin']);
  expect((await post(`${url}/tokens`, { scopes: ['write'] }, bearer(key))).status).toBe(403);
  expect((await post(`${url}/tokens`, { scopes: ['admin'] }, bearer(key))).status).toBe(400);
  expect((await post(`${url}/tokens`, { scopes: ['read'] }, bearer(key))).status).toBe(201);
});

test('a token ends with its key', async () => {
  const { get, url, token, store, access, keyId } = await prepared();
  const mine = bearer(await token());
  await revokeKey(store, { id: keyId, tenants: ['acme'] });
  await access.changed();
  expect((await get(url, mine)).status).toBe(401);
});

test('a token for a conversation that does not exist is not made', async () => {
  const { post, key } = await prepared();
  const answer = await post('/v1/conversations/conv_none/tokens', {}, bearer(key));
  expect(answer.body.code).toBe('conversation_not_found');
});

test('without the setting, no answer allows a page of another origin to read it', async () => {
  const { get } = await createTestApi();
  const { headers } = await get('/v1/conversations', { origin: 'https://app.example' });
  expect(headers).not.toHaveProperty('access-control-allow-origin');
});

test('with the setting, the pages named may read answers, errors and streams, and no others', async () => {
  const settings = {
    ...TEST_SETTINGS,
    MEANWHILE_CORS_ORIGINS: 'https://app.example,https://b.example',
  };
  const { app, get } = await createTestApi({ settings });
  const origin = 'https://app.example';
  const preflight = await app.inject({
    method: 'OPTIONS',
    url: '/v1/conversations/c/messages',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,content-type,idempotency-key',
    },
  });
  expect(preflight.statusCode).toBe(204);
  expect(preflight.headers['access-control-allow-origin']).toBe(origin);
  expect(preflight.headers['access-control-allow-headers']).toContain('authorization');
  for (const url of ['/v1/conversations', '/v1/conversations/conv_none', '/nowhere']) {
    const { headers } = await get(url, { origin });
    expect(headers['access-control-allow-origin'], url).toBe(origin);
    const other = await get(url, { origin: 'https://evil.example' });
    expect(other.headers['access-control-allow-origin'], url).toBeUndefined();
  }
});
