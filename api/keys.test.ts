import { expect, test } from 'vitest';
import Fastify from 'fastify';
import { openToAnyone } from '../security/access/anyone.ts';
import { openAccess } from '../security/access/access.ts';
import { createKey } from '../security/access/manage.ts';
import { signToken } from '../security/access/token.ts';
import type { Scope } from '../contract/access.ts';
import { createMemoryStore } from '../test/kit/memory-store.ts';
import { authenticate } from './authenticate.ts';
import { createTestApi, PUSH_SECRET, type TestApi } from '../test/kit/api.ts';

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

/** An API with one key of this tenant, and so closed to everyone else. */
async function closedApi(scopes: Scope[] = ['read', 'write', 'approve', 'admin'], tenant = 'acme') {
  const store = createMemoryStore();
  const made = await createKey(store, tenant, { name: 'web', scopes, test: false });
  const access = await openAccess({ store, secret: PUSH_SECRET });
  const api = await createTestApi({ store, access });
  return { ...api, store, access, ...made, mine: bearer(made.key) };
}

const operator = () =>
  bearer(signToken(PUSH_SECRET, { kind: 'operator', expires_at: Date.now() + 60_000 }));

test('a request without a key, or with a wrong one, is answered with 401 and how to send one', async () => {
  const { get } = await closedApi();
  const wrong: Record<string, string>[] = [
    {},
    { 'x-api-key': 'hello' },
    { authorization: 'Basic YTpi' },
  ];
  for (const headers of wrong) {
    const { status, body, headers: answered } = await get('/v1/conversations', headers);
    expect({ status, code: body.code }).toEqual({ status: 401, code: 'unauthenticated' });
    expect(answered['www-authenticate']).toBe('Bearer realm="meanwhile"');
  }
});

test('a key is accepted as a bearer token and as x-api-key', async () => {
  const { get, key } = await closedApi();
  expect((await get('/v1/conversations', bearer(key))).status).toBe(200);
  expect((await get('/v1/conversations', { 'x-api-key': key })).status).toBe(200);
});

test('what needs no key is answered without one', async () => {
  const { get } = await closedApi();
  for (const url of ['/healthz', '/readyz', '/openapi.json', '/docs/']) {
    expect((await get(url)).status, url).toBe(200);
  }
  expect((await get('/metrics')).status).toBe(401);
});

test.each<[Scope[], string, string, number]>([
  [['read'], 'GET', '/v1/conversations', 200],
  [['read'], 'POST', '/v1/conversations', 403],
  [['write'], 'POST', '/v1/conversations', 201],
  [['write'], 'GET', '/v1/conversations', 403],
  [['read', 'write'], 'POST', '/v1/conversations/c/calls/x/approval', 403],
  [['approve'], 'POST', '/v1/conversations/c/calls/x/approval', 404],
  [['read', 'write', 'approve'], 'GET', '/v1/keys', 403],
  [['admin'], 'GET', '/v1/keys', 200],
])('with the scopes %j, %s %s is answered with %i', async (scopes, method, url, status) => {
  const { get, post, mine } = await closedApi(scopes);
  const body = url.endsWith('/approval') ? { decision: 'approve' } : {};
  const answer = method === 'GET' ? await get(url, mine) : await post(url, body, mine);
  expect(answer.status).toBe(status);
  if (status === 403) expect(answer.body.code).toBe('forbidden');
});

test('an administrator makes, lists and revokes keys of their tenant', async () => {
  const { get, post, mine, app } = await closedApi();
  const made = await post('/v1/keys', { name: 'cron', scopes: ['read'] }, mine);
  expect(made.status).toBe(201);
  expect(made.headers['cache-control']).toBe('no-store');
  expect(made.body).toMatchObject({ tenant: 'acme', scopes: ['read'], name: 'cron' });
  expect((await get('/v1/conversations', bearer(made.body.key))).status).toBe(200);

  const { body } = await get('/v1/keys', mine);
  expect(body.keys.map(({ name }: { name: string }) => name).toSorted()).toEqual(['cron', 'web']);
  expect(JSON.stringify(body)).not.toContain(made.body.key);

  const url = `/v1/keys/${made.body.id}`;
  const revoked = await app.inject({ method: 'DELETE', url, headers: mine });
  expect(revoked.json().revoked_at).toBeDefined();
  expect((await get('/v1/conversations', bearer(made.body.key))).status).toBe(401);
});

test('a rotated key works beside the old one', async () => {
  const { get, post, mine, id, key } = await closedApi();
  const made = await post(`/v1/keys/${id}/rotate`, { overlap_s: 60 }, mine);
  expect(made.status).toBe(201);
  for (const each of [key, made.body.key]) {
    expect((await get('/v1/conversations', bearer(each))).status).toBe(200);
  }
});

test('an administrator can neither name another tenant nor give a scope that they do not have', async () => {
  const { post, get, mine } = await closedApi(['read', 'admin']);
  const other = await post('/v1/keys', { name: 'x', scopes: ['read'], tenant: 'other' }, mine);
  expect(other.status).toBe(403);
  expect((await get('/v1/keys?tenant=other', mine)).status).toBe(403);
  expect((await post('/v1/keys', { name: 'x', scopes: ['write'] }, mine)).status).toBe(403);
});

test('an administrator cannot rotate a key that may do more than they may', async () => {
  const { post, mine, store } = await closedApi(['admin']);
  const more = await createKey(store, 'acme', { name: 'x', scopes: ['read'], test: false });
  expect((await post(`/v1/keys/${more.id}/rotate`, {}, mine)).status).toBe(403);
});

test('the operator makes keys for any tenant', async () => {
  const { post, get } = await closedApi();
  const made = await post('/v1/keys', { name: 'x', tenant: 'other', test: true }, operator());
  expect(made.body).toMatchObject({ tenant: 'other.test' });
  const { body } = await get('/v1/keys?tenant=other', operator());
  expect(body.keys).toHaveLength(1);
});

test('a service without keys is open, except for making the first key', async () => {
  const store = createMemoryStore();
  const access = await openAccess({ store, secret: PUSH_SECRET });
  const api: TestApi = await createTestApi({ store, access });
  expect((await api.post('/v1/conversations', {})).status).toBe(201);
  expect((await api.post('/v1/keys', { name: 'mine' })).status).toBe(403);
  expect((await api.get('/v1/keys')).status).toBe(403);
  expect((await api.get('/v1/conversations')).status).toBe(200);

  expect((await api.post('/v1/keys', { name: 'first' }, operator())).status).toBe(201);
  expect((await api.get('/v1/conversations')).status).toBe(401);
});

test.each([
  [{ scopes: ['read'] }, 'body.name'],
  [{ name: ' x' }, 'body.name'],
  [{ name: 'x', scopes: [] }, 'body.scopes'],
  [{ name: 'x', scopes: ['everything'] }, 'body.scopes.0'],
  [{ name: 'x', expires_in_s: 1 }, 'body.expires_in_s'],
  [{ name: 'x', tenant: 'a/b' }, 'body.tenant'],
])('making a key with %j is refused, naming %s', async (body, path) => {
  const { post, mine } = await closedApi();
  const { status, body: problem } = await post('/v1/keys', body, mine);
  expect(status).toBe(400);
  expect(problem.errors[0].path).toBe(path);
});

test('a route that does not say what it needs cannot be registered', () => {
  const bare = Fastify();
  authenticate(bare, openToAnyone);
  expect(() => bare.get('/v1/new', () => 'hello')).toThrow(
    '/v1/new does not say who may call it: config.needs.',
  );
});
