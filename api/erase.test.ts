import { afterEach, beforeEach, expect, test } from 'vitest';
import type { EntryOf } from '../contract/entry.ts';
import type { ConversationKey } from '../contract/names.ts';
import { createTestApi, type TestApi } from '../test/kit/api.ts';
import { batch, idle, messages } from '../test/store/samples.ts';
import { eraseConversation } from './erase.ts';
import { GatewayUnavailable } from './gateway.ts';

let api: TestApi;
beforeEach(async () => {
  api = await createTestApi();
});
afterEach(() => api.app.close());

const at = '2030-01-02T03:04:05.678Z';
const closed = { ...idle, status: 'closed' as const };
const by = { at, cause: [1], actor: { type: 'agent' as const, id: 'default' }, call_id: 'call_1' };
const stored = { n: 'end' as const, bytes: 9_000, head: 'big' };
const CALL: [EntryOf<'call.requested'>, EntryOf<'call.completed'>] = [
  { ...by, seq: 2, kind: 'call.requested', tool: 'echo', input: { words: 'hi' } },
  { ...by, seq: 3, kind: 'call.completed', result: null, stored },
];

/** A conversation with a message and a call that has a large result. */
async function told(head = closed): Promise<ConversationKey> {
  const key = await api.begin();
  await api.store.record(batch(key, [1, 1], 1, [...messages(1, 'hello'), ...CALL], head));
  await api.store.keepResult(key, { call_id: 'call_1', n: 'end' }, '{"big":[1,2]}');
  return key;
}

const erase = (url: string) => api.app.inject({ method: 'DELETE', url });

test('an export has the conversation, its entries in order, and large results in full', async () => {
  const { id } = await told();
  const { app } = api;
  const { headers, payload } = await app.inject(`/v1/conversations/${id}/export`);
  expect(headers['content-type']).toBe('application/x-ndjson; charset=utf-8');
  const lines = payload
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.map(({ type }) => type)).toEqual([
    'conversation',
    'entry',
    'entry',
    'entry',
    'result',
  ]);
  expect(lines[0].conversation.id).toBe(id);
  expect(lines[1].entry).toMatchObject({ seq: 1, text: 'hello' });
  expect(lines[4]).toEqual({
    type: 'result',
    conversation_id: id,
    call_id: 'call_1',
    n: 'end',
    result: { big: [1, 2] },
  });
});

test("an export of the tenant has every conversation, over the store's pages", async () => {
  const { app } = api;
  const ids = await Promise.all(Array.from({ length: 130 }, async () => (await api.begin()).id));
  const answer = await app.inject({ method: 'GET', url: '/v1/export' });
  const lines = answer.payload
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(new Set(lines.map(({ conversation }) => conversation.id))).toEqual(new Set(ids));
  expect(lines).toHaveLength(ids.length);
});

test('an erased conversation is a tombstone, and its workflow and those of its calls are deleted in Temporal', async () => {
  const key = await told();
  const answer = await erase(`/v1/conversations/${key.id}`);
  expect(answer.statusCode).toBe(200);
  expect(answer.json()).toMatchObject({ id: key.id, status: 'closed', last_seq: 0 });
  expect(answer.json().erased_at).toBeDefined();
  expect(api.gateway.calls.at(-1)).toEqual({
    method: 'forget',
    id: key.id,
    payload: ['call_1'],
  });
  const { body } = await api.get(`/v1/conversations/${key.id}/entries`);
  expect(body.entries).toEqual([]);
  const again = await api.post(`/v1/conversations/${key.id}/messages`, { text: 'hi' });
  expect(again.body.code).toBe('conversation_closed');
});

test('an open conversation is closed first, and erased when its log says so', async () => {
  const key = await told(idle as typeof closed);
  const erasing = erase(`/v1/conversations/${key.id}`);
  await expect.poll(() => api.gateway.calls.some(({ method }) => method === 'close')).toBe(true);
  expect((await api.store.conversation(key))?.erased_at).toBeUndefined();
  await api.store.record(batch(key, [1, 2], 4, messages(4, 'last words'), closed));
  expect((await erasing).json().erased_at).toBeDefined();
});

test('a conversation that does not close in time is not erased, and the caller is told to try again', async () => {
  const key = await told(idle as typeof closed);
  await expect(eraseConversation(api, key, 0)).rejects.toMatchObject({
    code: 'conversation_closing',
    retryAfter: 2,
  });
  expect((await api.store.entries(key, { after: 0, limit: 9 }))?.entries).toHaveLength(3);
});

test('while Temporal does not answer, the words are gone from the log, and a repeat deletes the same calls', async () => {
  const key = await told();
  api.gateway.failure = new GatewayUnavailable('away');
  expect((await erase(`/v1/conversations/${key.id}`)).statusCode).toBe(503);
  expect((await api.store.entries(key, { after: 0, limit: 9 }))?.entries).toEqual([]);
  api.gateway.failure = undefined;
  expect((await erase(`/v1/conversations/${key.id}`)).statusCode).toBe(200);
  expect(api.gateway.calls.at(-1)).toMatchObject({ method: 'forget', payload: ['call_1'] });
});

test('all conversations of the tenant are erased, and a second time there is nothing left', async () => {
  const keys = [await told(), await told()];
  const first = await erase('/v1/conversations');
  expect(first.json()).toEqual({ erased: 2, is_complete: true });
  for (const key of keys) expect((await api.store.conversation(key))?.erased_at).toBeDefined();
  expect((await erase('/v1/conversations')).json()).toEqual({ erased: 0, is_complete: true });
});

test('erasing what does not exist is answered with 404', async () => {
  expect((await erase('/v1/conversations/conv_none')).json().code).toBe('conversation_not_found');
});
