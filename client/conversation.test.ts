/** The client with the real API, without workflows behind it. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { batch, idle, message } from '../test/store/samples.ts';
import { createTestApi, type TestApi } from '../test/kit/api.ts';
import type { Conversation } from './conversation.ts';
import { ConflictError, NotFoundError } from './errors.ts';
import { Meanwhile } from './meanwhile.ts';

let api: TestApi;
let m: Meanwhile;
let c: Conversation;
beforeEach(async () => {
  api = await createTestApi();
  m = new Meanwhile({ baseURL: await api.listen() });
  c = await m.conversations.create({ metadata: { order: 17 } });
});
afterEach(() => api.app.close());

const asked = () => api.gateway.calls.map(({ method, payload }) => [method, payload]);

test('a conversation is created, read and listed', async () => {
  const other = await m.conversations.create({ agent: 'helper' });
  expect((await m.conversations.get(c.id)).id).toBe(c.id);
  expect(await c.head()).toMatchObject({ id: c.id, metadata: { order: 17 }, last_seq: 0 });
  const page = await m.conversations.list({ limit: 1 });
  expect(page.conversations).toHaveLength(1);
  const all: string[] = [];
  for await (const { id } of m.conversations.list({ limit: 1 })) all.push(id);
  expect(all.toSorted()).toEqual([c.id, other.id].toSorted());
  await expect(m.conversations.get('conv_none')).rejects.toThrow(NotFoundError);
});

test('every action of the user is sent to the conversation', async () => {
  api.gateway.calls = [];
  await c.send('Hello');
  await c.send({ text: 'Later', when_busy: 'queue', author: 'ada' });
  await c.interrupt();
  await c.interrupt({ scope: 'reply', text: 'Stop!' });
  await c.cancel('call_1');
  await c.close();
  expect(asked()).toMatchObject([
    ['message', { text: 'Hello', when_busy: 'interrupt' }],
    ['message', { text: 'Later', when_busy: 'queue', author: 'ada' }],
    ['interrupt', { scope: 'all' }],
    ['interrupt', { scope: 'reply', message: { text: 'Stop!' } }],
    ['cancelCall', { call_id: 'call_1' }],
    ['close', {}],
  ]);
});

test('an error names its code and its request', async () => {
  api.gateway.busy = true;
  const error = await c.send({ text: 'Now?', when_busy: 'reject' }).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(ConflictError);
  expect(error).toMatchObject({
    status: 409,
    code: 'conversation_busy',
    requestId: expect.stringMatching(/^req_[\w-]{22}$/),
  });
});

test('the log is read page by page', async () => {
  const key = { tenant: 'default', id: c.id };
  await api.store.record(batch(key, [1, 1], 1, [message(1, 'one'), message(2, 'two')], idle));
  const seqs: number[] = [];
  for await (const { seq } of c.entries({ kinds: ['message.user'] })) seqs.push(seq);
  expect(seqs).toEqual([1, 2]);
  for await (const _ of c.entries({ after: 2 })) throw new Error('There is nothing after it.');
  for await (const turn of c.turns()) expect(turn.turn).toBeGreaterThan(0);
});

test('the log is read from `after` on, and up to `limit` entries', async () => {
  const entries = [1, 2, 3].map((seq) => message(seq, `message ${seq}`));
  const key = { tenant: 'default', id: c.id };
  await api.store.record(batch(key, [1, 1], 1, entries, idle));
  const seqs = async (params: { limit?: number; after?: number }) => {
    const read: number[] = [];
    for await (const { seq } of c.entries(params)) read.push(seq);
    return read;
  };
  expect(await seqs({})).toEqual([1, 2, 3]);
  expect(await seqs({ limit: 2 })).toEqual([1, 2]);
  expect(await seqs({ limit: 1, after: 1 })).toEqual([2]);
});

test('the service, its tools and its agents are described', async () => {
  expect(await m.service()).toMatchObject({ demo_model: false });
  expect((await m.tools()).tools.map(({ name }) => name)).toEqual(['echo']);
  expect((await m.agents()).agents.map(({ name }) => name)).toEqual(['default', 'helper']);
});
