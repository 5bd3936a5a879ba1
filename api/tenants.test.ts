/** Walks every operation of the OpenAPI document with the ids of another tenant. A route that is added without being covered here fails a test. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { signPushToken } from '../security/remote/push-token.ts';
import { PUSH_SECRET } from '../test/kit/api.ts';
import { createTwoTenants, MARK, type Tenant, type TwoTenants } from '../test/kit/two-tenants.ts';

/** How each operation is called, so that it succeeds for the tenant whose ids they are. */
const SAMPLES: Record<string, Sample> = {
  getConversation: {},
  listEntries: {},
  listTurns: {},
  getResult: {},
  stream: {},
  createToken: { body: {} },
  sendMessage: { body: { text: 'hi' } },
  interrupt: { body: { scope: 'reply' } },
  decideCall: { body: { decision: 'approve' } },
  answerCall: { body: { action: 'cancel' } },
  cancelCall: {},
  closeConversation: {},
  exportConversation: {},
  eraseConversation: { place: 1 },
  rotateKey: { body: {} },
  revokeKey: {},

  // Without an id: what the caller sees is the caller's own.
  createConversation: { body: { metadata: { of: 'mine' } } },
  listConversations: { query: 'after' },
  listKeys: {},
  describeService: {},
  exportTenant: {},
  eraseTenant: { place: -1 },
  createKey: { body: { name: 'mine' } },

  // The token is the permission, and is signed for one tenant.
  pushCallEvent: { body: { n: 1, kind: 'done' } },

  // The same for every tenant.
  listTools: { isShared: true },
  listAgents: { isShared: true },
  health: { isShared: true },
  readiness: { isShared: true },
  metrics: { isShared: true },
};

interface Sample {
  body?: object;
  /** A parameter that takes an id. */
  query?: string;
  isShared?: true;
  /** Called before (-1) or after (1) the others. */
  place?: number;
}

interface Operation {
  operationId: string;
  method: string;
  path: string;
  sample: Sample;
}

let given: TwoTenants;
let api: TwoTenants['api'];
let mine: Tenant;
let theirs: Tenant;
let ask: TwoTenants['ask'];

beforeEach(async () => {
  given = await createTwoTenants();
  ({ api, mine, theirs, ask } = given);
  const { id = '', call_id = '' } = theirs.ids;
  const expires_at = Date.now() + 60_000;
  const claims = { tenant: 'theirs', conversation: id, call_id, expires_at };
  theirs.ids['token'] = signPushToken(PUSH_SECRET, claims);
});
afterEach(() => api.app.close());

function operations(): Operation[] {
  const { paths } = api.app.swagger() as { paths: Record<string, Record<string, any>> };
  const all = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId }]) => {
      const sample = SAMPLES[operationId];
      if (!sample) throw new Error(`${operationId} is not covered: say how it is called.`);
      return { operationId, method: method.toUpperCase(), path, sample };
    }),
  );
  const place = ({ sample }: Operation) => sample.place ?? 0;
  return all.toSorted((a, b) => place(a) - place(b));
}

const call = (tenant: Tenant, { method, path, sample }: Operation, ids: Record<string, string>) => {
  const query = sample.query === undefined ? '' : `?${sample.query}=${ids['id']}`;
  const address = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const id = ids[name];
    if (id === undefined) throw new Error(`${path}: there is no ${name} in this test.`);
    return id;
  });
  return ask(tenant.key, method, address + query, sample.body && JSON.stringify(sample.body));
};

const hasId = ({ path }: Operation) => /\{(?!token)\w+\}/.test(path);

test('every operation is covered, and every sample is of an operation', () => {
  const known = operations().map(({ operationId }) => operationId);
  expect(known.toSorted()).toEqual(Object.keys(SAMPLES).toSorted());
});

test("every operation on another tenant's ids is answered as for ids that do not exist", async () => {
  for (const operation of operations().filter(hasId)) {
    const { operationId } = operation;
    const foreign = await call(mine, operation, theirs.ids);
    expect(foreign.status, operationId).toBe(404);
    expect(foreign.text, operationId).not.toContain(MARK);
    const unknown = { id: 'conv_none', call_id: 'call_none', n: 'end', key_id: 'key_none' };
    const none = await call(mine, operation, unknown);
    // Whether an id exists elsewhere must not show either.
    expect(none.json.code, operationId).toBe(foreign.json.code);
    expect(none.json.title, operationId).toBe(foreign.json.title);
  }
  // The ids are valid: their own tenant gets what it requests.
  for (const operation of operations().filter(hasId)) {
    const own = await call(theirs, operation, theirs.ids);
    expect(own.status, `${operation.operationId}: ${own.text}`).toBeLessThan(300);
  }
});

test('an operation without an id neither shows nor changes anything of another tenant', async () => {
  const before = await api.store.list('theirs', { limit: 100 });
  for (const operation of operations().filter((each) => !hasId(each) && each.path !== PUSH)) {
    const answer = await call(mine, operation, theirs.ids);
    expect(answer.status, operation.operationId).toBeLessThan(300);
    expect(answer.text, operation.operationId).not.toContain(`${MARK} theirs`);
    expect(answer.text, operation.operationId).not.toContain(theirs.ids['id']);
    expect(answer.text, operation.operationId).not.toContain(theirs.ids['key_id']);
  }
  expect(await api.store.list('theirs', { limit: 100 })).toEqual(before);
});

test('a search shows words of its own tenant alone', async () => {
  const search = `/v1/conversations?search=${MARK}`;
  const own = await ask(theirs.key, 'GET', search);
  expect(own.json.conversations).toMatchObject([
    { id: theirs.ids['id'], excerpt: { seq: 1, text: MARK } },
  ]);
  const body = JSON.stringify({ metadata: { title: MARK } });
  const { id } = (await ask(mine.key, 'POST', '/v1/conversations', body)).json;
  const foreign = await ask(mine.key, 'GET', search);
  expect(foreign.json.conversations).toMatchObject([{ id }]);
  expect(foreign.text).not.toContain('excerpt');
});

const PUSH = '/v1/call-events/{token}';

test("a push token opens the call of its own tenant alone, also where another's call has the same id", async () => {
  const { call_id = '', id = '' } = theirs.ids;
  const claims = { tenant: 'mine', conversation: id, call_id, expires_at: Date.now() + 60_000 };
  const push = operations().find(({ path }) => path === PUSH)!;
  const token = signPushToken(PUSH_SECRET, claims);
  expect((await call(mine, push, { token })).json.code).toBe('call_over');
  expect((await call(mine, push, theirs.ids)).status).toBe(202);
});

test('a token for one conversation reaches no other one of its tenant, by any operation', async () => {
  const made = await ask(theirs.key, 'POST', `/v1/conversations/${theirs.ids['id']}/tokens`, '{}');
  const other = await inhabit2();
  const holder = { ...theirs, key: made.json.token as string };
  for (const operation of operations().filter(
    ({ sample, path }) => !sample.isShared && path !== PUSH,
  )) {
    const answer = await call(holder, operation, other);
    expect([403, 404], `${operation.operationId}: ${answer.text}`).toContain(answer.status);
    expect(answer.text).not.toContain(MARK);
  }

  async function inhabit2() {
    const body = JSON.stringify({ metadata: { MARK } });
    const response = await fetch(`${given.base}/v1/conversations`, {
      method: 'POST',
      headers: { authorization: `Bearer ${theirs.key}`, 'content-type': 'application/json' },
      body,
    });
    const { id } = (await response.json()) as { id: string };
    return { ...theirs.ids, id };
  }
});
