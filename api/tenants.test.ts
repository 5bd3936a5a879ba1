/**
 * Walks every operation of the OpenAPI document and every tool of the MCP endpoints with the ids of another tenant. A route that is
 * added without being covered here fails a test.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openAccess } from '../security/access/access.ts';
import { createKey } from '../security/access/manage.ts';
import { SCOPES } from '../contract/access.ts';
import type { EntryOf } from '../contract/entry.ts';
import { createTestApi, PUSH_SECRET, type TestApi } from '../test/kit/api.ts';
import { createMcpTestClient } from '../test/kit/mcp-client.ts';
import { createMemoryStore } from '../test/kit/memory-store.ts';
import { batch, idle, message } from '../test/store/samples.ts';
import { signPushToken } from '../security/remote/push-token.ts';
import { signTaskId } from '../mcp/server/task-id.ts';

/** In the other tenant's messages, results, metadata and names. */
const MARK = 'xyzzy-of-the-other-tenant';

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

let api: TestApi;
let base: string;
let mine: Tenant;
let theirs: Tenant;

interface Tenant {
  name: string;
  key: string;
  ids: Record<string, string>;
}

beforeEach(async () => {
  const store = createMemoryStore();
  const [mineKey, theirKey] = await Promise.all(
    ['mine', 'theirs'].map((tenant) =>
      createKey(store, tenant, { name: `${MARK} ${tenant}`, scopes: [...SCOPES], test: false }),
    ),
  );
  const access = await openAccess({ store, secret: PUSH_SECRET });
  api = await createTestApi({ store, access });
  base = await api.listen();
  mine = { name: 'mine', key: mineKey!.key, ids: {} };
  theirs = { name: 'theirs', key: theirKey!.key, ids: await inhabit('theirs', theirKey!.key) };
});
afterEach(() => api.app.close());

const closed = { ...idle, status: 'closed' as const };

/** A conversation with words, a call that awaits approval and a result that is stored aside; and a key to manage. */
async function inhabit(tenant: string, key: string): Promise<Record<string, string>> {
  const body = JSON.stringify({ metadata: { MARK } });
  const { id } = (await ask(key, 'POST', '/v1/conversations', body)).json;
  const conversation = { tenant, id };
  const call_id = 'call_0123456789';
  const requested: EntryOf<'call.requested'> = {
    ...{ seq: 2, at: '2030-01-02T03:04:05.678Z', kind: 'call.requested', cause: [1] },
    ...{ actor: { type: 'agent', id: 'default' }, call_id, tool: 'echo', input: { words: MARK } },
  };
  const asked: EntryOf<'call.event'> = {
    ...{ seq: 3, at: requested.at, kind: 'call.event', cause: [2], call_id, n: 1, percent: 0 },
    ...{ actor: { type: 'tool', id: 'echo' }, event: 'progress', schedule: 'when_idle' },
    question: { id: 'q1', message: MARK, expires_at: requested.at },
  };
  const entries = [message(1, MARK), requested, asked];
  await api.store.record(batch(conversation, [1, 1], 1, entries, closed));
  await api.store.keepResult(conversation, { call_id, n: 'end' }, JSON.stringify(MARK));
  api.gateway.running.add(`${tenant}/${call_id}`);
  const scopes = ['read' as const];
  const { id: key_id } = await createKey(api.store, tenant, { name: MARK, scopes, test: false });
  const expires_at = Date.now() + 60_000;
  const token = signPushToken(PUSH_SECRET, { tenant, conversation: id, call_id, expires_at });
  return { id, call_id, n: 'end', key_id, token };
}

interface Answer {
  status: number;
  text: string;
  json: any;
}

async function ask(key: string, method: string, path: string, body?: string): Promise<Answer> {
  const ending = new AbortController();
  const response = await fetch(`${base}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      'idempotency-key': 'the-same',
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body }),
    signal: ending.signal,
  });
  const type = response.headers.get('content-type') ?? '';
  if (type.startsWith('text/event-stream')) {
    ending.abort();
    return { status: response.status, text: '', json: undefined };
  }
  const text = await response.text();
  return { status: response.status, text, json: /[/+]json/.test(type) ? JSON.parse(text) : {} };
}

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
  // The ids are good: their own tenant gets what it asks for.
  for (const operation of operations().filter(hasId)) {
    const own = await call(theirs, operation, theirs.ids);
    expect(own.status, `${operation.operationId}: ${own.text}`).toBeLessThan(300);
  }
});

test('an operation without an id shows and does nothing of another tenant', async () => {
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
    const response = await fetch(`${base}/v1/conversations`, {
      method: 'POST',
      headers: { authorization: `Bearer ${theirs.key}`, 'content-type': 'application/json' },
      body,
    });
    const { id } = (await response.json()) as { id: string };
    return { ...theirs.ids, id };
  }
});

describe.each(['/mcp', '/mcp/tools'])('%s', (path) => {
  const clientOf = ({ key }: Tenant) => createMcpTestClient(base, { path, key, tasks: true });

  test("no tool does anything with another tenant's conversation", async () => {
    const client = clientOf(mine);
    const { tools } = await client.request('tools/list');
    const about = tools.filter(({ inputSchema }: any) => inputSchema.properties?.conversation_id);
    expect(about.length).toBeGreaterThan(0);
    for (const { name, inputSchema } of about) {
      const input = Object.fromEntries(
        Object.entries<any>(inputSchema.properties)
          .filter(([field]) => inputSchema.required?.includes(field) || field === 'conversation_id')
          .map(([field, schema]) => [field, valueFor(field, schema)]),
      );
      const result = await client.call(name, input);
      const said = JSON.stringify(result);
      expect(said, name).not.toContain(MARK);
      // It lists what there is of the caller's own.
      if (name === 'list_calls') continue;
      expect(result.isError, `${name}: ${said}`).toBe(true);
      expect(said, name).toContain('conversation_not_found');
    }
  });

  test('no task and no resource of another tenant is found, read, cancelled or followed', async () => {
    const { id = '', call_id = '' } = theirs.ids;
    const facts = { tenant: 'theirs', conversation: id, created: Date.now() };
    const taskId = signTaskId(PUSH_SECRET, { ...facts, kind: 'call', call_id });
    const [client, owner] = [clientOf(mine), clientOf(theirs)];
    expect((await owner.request('tasks/get', { taskId })).taskId).toBe(taskId);
    for (const method of ['tasks/get', 'tasks/cancel']) {
      await expect(client.request(method, { taskId }), method).rejects.toThrow(/no such task/);
    }
    const answers = { taskId, inputResponses: {} };
    await expect(client.request('tasks/update', answers)).rejects.toThrow(/no such task/);

    const { resources } = await owner.request('resources/list');
    const { uri } = resources.find((each: { uri: string }) => each.uri.includes(id));
    expect(JSON.stringify(await owner.request('resources/read', { uri }))).toContain(MARK);
    await expect(client.request('resources/read', { uri })).rejects.toThrow();
    expect((await client.request('resources/list')).resources).toEqual([]);

    const subscription = { notifications: { taskIds: [taskId], resourceSubscriptions: [uri] } };
    for await (const { params } of client.open('subscriptions/listen', subscription)) {
      expect(params.notifications).toEqual({});
      break;
    }
  });
});

function valueFor(field: string, schema: { type?: string; enum?: unknown[] }): unknown {
  if (field === 'conversation_id') return theirs.ids['id'];
  if (field === 'call_id') return theirs.ids['call_id'];
  if (schema.enum) return schema.enum[0];
  return schema.type === 'string' ? 'hi' : schema.type === 'boolean' ? false : 0;
}
