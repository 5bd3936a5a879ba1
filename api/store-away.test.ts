import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ConversationKey } from '../contract/names.ts';
import { batch, idle, message } from '../test/store/samples.ts';
import type { Store } from '../store/store.ts';
import { StoreUnavailable } from '../store/unavailable.ts';
import { createTestApi, type TestApi } from '../test/kit/api.ts';
import { createHandTicker } from '../test/kit/hand-ticker.ts';
import { createMemoryStore } from '../test/kit/memory-store.ts';
import { connectSse, nameOf } from '../test/kit/sse-client.ts';

let api: TestApi;
let memory: Store;
let isAway: boolean;
let one: ConversationKey;
let url: string;
const hand = createHandTicker();

beforeEach(async () => {
  isAway = false;
  memory = createMemoryStore();
  const methods = Object.entries(memory).map(([name, method]: [string, any]) => [
    name,
    async (...args: unknown[]) => {
      if (isAway) throw new StoreUnavailable('The store is away.', { mayBeDone: false });
      return method(...args);
    },
  ]);
  const store: Store = Object.fromEntries(methods);
  api = await createTestApi({ store, streaming: { ticker: hand.ticker } });
  one = await api.begin();
  url = `/v1/conversations/${one.id}`;
});
afterEach(() => api.app.close());

const key = (value: string) => ({ 'idempotency-key': value });

describe('while the store is unavailable', () => {
  test.each([
    ['a conversation', () => api.get(url)],
    ['the list', () => api.get('/v1/conversations')],
    ['the log', () => api.get(`${url}/entries`)],
    ['the turns', () => api.get(`${url}/turns`)],
    ['a result', () => api.get(`${url}/calls/call_1/results/1`)],
    ['a new conversation', () => api.post('/v1/conversations', {})],
    ['a new conversation with a key', () => api.post('/v1/conversations', {}, key('k'))],
  ])('%s is a 503 that says when to retry', async (_, ask) => {
    isAway = true;
    const answer = await ask();
    expect(answer.body).toMatchObject({ status: 503, code: 'store_unavailable' });
    expect(answer.headers['retry-after']).toBe('1');
    isAway = false;
    expect((await ask()).body.code).not.toBe('store_unavailable');
  });

  test('no workflow starts for a conversation that could not be stored', async () => {
    isAway = true;
    await api.post('/v1/conversations', { message: { text: 'Hello' } });
    expect(api.gateway.calls).toEqual([]);
  });

  test.each([
    ['a message', 'messages', { text: 'Hello' }, {}],
    ['a message with a key', 'messages', { text: 'Hello' }, key('k')],
    ['an interruption', 'interrupt', { scope: 'all' }, {}],
    ['a decision', 'calls/call_1/approval', { decision: 'approve' }, {}],
    ['a decision with a key', 'calls/call_1/approval', { decision: 'approve' }, key('k')],
    ['a close', 'close', undefined, {}],
  ])('%s is accepted', async (_, what, body, headers) => {
    isAway = true;
    expect((await api.post(`${url}/${what}`, body, headers)).status).toBe(202);
    expect(api.gateway.calls).toHaveLength(1);
  });

  test('a message to a conversation that is not running is not answered as unknown or closed', async () => {
    api.gateway.running.clear();
    isAway = true;
    const answer = await api.post(`${url}/messages`, { text: 'Hello' });
    expect(answer.body).toMatchObject({ status: 503, code: 'store_unavailable' });
  });
});

describe('a message with a key, sent while the store was unavailable,', () => {
  const say = (text: string) => api.post(`${url}/messages`, { text }, key('k'));
  const ids = () => api.gateway.calls.map(({ payload }) => (payload as any).message_id);

  test('is the same message when it is repeated, then or later', async () => {
    isAway = true;
    const answers = [await say('Hello'), await say('Hello')];
    isAway = false;
    answers.push(await say('Hello'), await say('Hello'));
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 202]);
    expect(new Set([...ids(), ...answers.map(({ body }) => body.message_id)]).size).toBe(1);
  });

  test('is another message if its body differs, and neither is lost', async () => {
    isAway = true;
    await say('Hello');
    await say('Goodbye');
    expect(new Set(ids()).size).toBe(2);
    isAway = false;
    expect((await say('Hello')).status).toBe(202);
    expect((await say('Goodbye')).body.code).toBe('idempotency_conflict');
  });

  test('is answered even if the conversation was closed since', async () => {
    isAway = true;
    const { body } = await say('Hello');
    isAway = false;
    const entries = [{ ...message(1, 'Hello'), message_id: body.message_id }];
    await memory.record(batch(one, [1, 1], 1, entries, { ...idle, status: 'closed' }));
    api.gateway.running.clear();
    expect(await say('Hello')).toMatchObject({ status: 202, body });
  });
});

describe('a stream', () => {
  test('stays open while the store is unavailable, then continues', async () => {
    await memory.record(batch(one, [1, 1], 1, [message(1, 'a')]));
    const base = await api.listen();
    const reader = await connectSse(`${base}${url}/stream`);
    expect((await reader.take(1)).map(nameOf)).toEqual(['entry 1.0']);
    isAway = true;
    await memory.record(batch(one, [1, 2], 2, [message(2, 'b')]));
    api.bus.publish(one, { type: 'poke' });
    const next = reader.take(1);
    await Promise.all([api.get(url), api.get(url)]);
    isAway = false;
    hand.tick();
    expect((await next).map(nameOf)).toEqual(['entry 2.0']);
  });

  test('opened meanwhile is a 200 that begins when the store is back', async () => {
    await memory.record(batch(one, [1, 1], 1, [message(1, 'a')]));
    const base = await api.listen();
    isAway = true;
    const reader = await connectSse(`${base}${url}/stream`);
    expect(reader.status).toBe(200);
    isAway = false;
    hand.tick();
    expect((await reader.take(1)).map(nameOf)).toEqual(['entry 1.0']);
  });

  test('of an unknown conversation, opened meanwhile, ends when the store is back, and is a 404 on reconnect', async () => {
    const base = await api.listen();
    isAway = true;
    const reader = await connectSse(`${base}/v1/conversations/conv_none/stream`);
    expect(reader.status).toBe(200);
    isAway = false;
    hand.tick();
    expect(await reader.rest()).toEqual([]);
    expect((await api.get('/v1/conversations/conv_none/stream')).status).toBe(404);
  });

  test('is opened even while the store does not answer', async () => {
    await memory.record(batch(one, [1, 1], 1, [message(1, 'a')]));
    const { promise, resolve } = Promise.withResolvers<void>();
    const { marks } = api.store;
    api.store.marks = async (keys) => {
      await promise;
      return marks(keys);
    };
    const base = await api.listen();
    const reader = await connectSse(`${base}${url}/stream`);
    expect(reader.status).toBe(200);
    resolve();
    expect((await reader.take(1)).map(nameOf)).toEqual(['entry 1.0']);
  });
});
