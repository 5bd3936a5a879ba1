import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ConversationKey } from '../contract/names.ts';
import { batch, idle, message } from '../test/store/samples.ts';
import type { Store } from '../store/store.ts';
import { createTestApi, type TestApi } from '../test/kit/api.ts';
import { createMemoryStore } from '../test/kit/memory-store.ts';
import { GatewayUnavailable } from './gateway.ts';

let api: TestApi;
let one: ConversationKey;
let url: string;
let reads: string[];

/** Records every use. */
function watched(store: Store): Store {
  return new Proxy(store, {
    get(target, name: keyof Store) {
      reads.push(name);
      return target[name];
    },
  });
}

beforeEach(async () => {
  reads = [];
  api = await createTestApi({ store: watched(createMemoryStore()) });
  one = await api.begin();
  url = `/v1/conversations/${one.id}`;
  reads = [];
});
afterEach(() => api.app.close());

const say = (body: object, key?: string) =>
  api.post(`${url}/messages`, body, key === undefined ? {} : { 'idempotency-key': key });

/** Ends the workflow, with or without a close in the log. */
async function ended({ closed }: { closed: boolean }, ...entries: ReturnType<typeof message>[]) {
  api.gateway.running.clear();
  const status = closed ? ('closed' as const) : ('idle' as const);
  await api.store.record(batch(one, [1, 1], 1, entries, { ...idle, status }));
}

describe('a message', () => {
  test('is one signal without a read from the store', async () => {
    const answer = await say({ text: 'Hello', author: 'ada', when_busy: 'queue' });
    expect(answer.status).toBe(202);
    const { message_id } = answer.body;
    expect(message_id).toMatch(/^msg_[\w-]{22}$/);
    const payload = { message_id, text: 'Hello', author: 'ada', when_busy: 'queue' };
    expect(api.gateway.calls).toEqual([{ method: 'message', id: one.id, payload }]);
    expect(reads).toEqual([]);
  });

  test('interrupts by default', async () => {
    await say({ text: 'Hello' });
    expect(api.gateway.calls[0]?.payload).toMatchObject({ when_busy: 'interrupt' });
  });

  test.each(['', ' \n\t', undefined])('without words, %j, is refused', async (text) => {
    const answer = await say({ text });
    expect(answer.body).toMatchObject({ status: 400, errors: [{ path: 'body.text' }] });
    expect(api.gateway.calls).toEqual([]);
  });

  test('that must not meet a busy conversation is answered by the workflow', async () => {
    api.gateway.busy = true;
    const refused = await say({ text: 'Hello', when_busy: 'reject' });
    expect(refused.body).toMatchObject({ status: 409, code: 'conversation_busy' });
    api.gateway.busy = false;
    expect((await say({ text: 'Hello', when_busy: 'reject' })).status).toBe(202);
    expect(api.gateway.calls.map(({ method }) => method)).toEqual([
      'messageIfIdle',
      'messageIfIdle',
    ]);
  });

  test('to an unknown conversation is a 404', async () => {
    const answer = await api.post('/v1/conversations/conv_none/messages', { text: 'Hello' });
    expect(answer.body).toMatchObject({ status: 404, code: 'conversation_not_found' });
  });

  test.each(['queue', 'reject'])('to a closed conversation is a 409 (%s)', async (when_busy) => {
    await ended({ closed: true });
    const answer = await say({ text: 'Hello', when_busy });
    expect(answer.body).toMatchObject({ status: 409, code: 'conversation_closed' });
  });

  test('to a conversation whose workflow is gone is a 503 that says so', async () => {
    await ended({ closed: false });
    expect((await say({ text: 'Hello' })).body).toMatchObject({
      status: 503,
      code: 'conversation_lost',
    });
  });

  test('to a conversation that an operator has terminated is a 409 and closes it', async () => {
    await ended({ closed: false });
    api.gateway.settled = async (key) => {
      const seen = (await api.store.writer(key))!;
      const at = new Date().toISOString();
      await api.store.closeGone(key, { why: 'terminated', at, sent: [], seen });
    };
    const answer = await say({ text: 'Hello' });
    expect(answer.body).toMatchObject({ status: 409, code: 'conversation_closed' });
  });

  test('while Temporal is unavailable is a 503 that says to retry', async () => {
    api.gateway.failure = new GatewayUnavailable('Temporal does not answer.');
    const answer = await say({ text: 'Hello' });
    expect(answer.headers['retry-after']).toBe('2');
    expect(answer.body).toMatchObject({ status: 503, code: 'temporal_unavailable' });
  });
});

describe('a message with an idempotency key', () => {
  test('sent twice has one id and one answer, and is signalled again in case the first signal was lost', async () => {
    const first = await say({ text: 'Hello' }, 'k');
    const second = await say({ when_busy: 'interrupt', text: 'Hello' }, 'k');
    expect([second.status, second.body]).toEqual([202, first.body]);
    expect(api.gateway.calls).toHaveLength(2);
    expect(api.gateway.calls[1]).toEqual(api.gateway.calls[0]);
  });

  test('has another id with another key, and in another conversation', async () => {
    const ids = [await say({ text: 'Hello' }, 'k'), await say({ text: 'Hello' }, 'l')];
    one = await api.begin();
    url = `/v1/conversations/${one.id}`;
    ids.push(await say({ text: 'Hello' }, 'k'));
    expect(new Set(ids.map(({ body }) => body.message_id)).size).toBe(3);
  });

  test('is a conflict with another body, and not sent', async () => {
    await say({ text: 'Hello' }, 'k');
    const answer = await say({ text: 'Goodbye' }, 'k');
    expect(answer.body).toMatchObject({ status: 409, code: 'idempotency_conflict' });
    expect(api.gateway.calls).toHaveLength(1);
  });

  test('has the same answer if the conversation was closed after the first request', async () => {
    const first = await say({ text: 'Hello' }, 'k');
    const { message_id } = first.body;
    await ended({ closed: true }, { ...message(1, 'Hello'), message_id });
    const second = await say({ text: 'Hello' }, 'k');
    expect([second.status, second.body]).toEqual([202, first.body]);
  });

  test('that never arrived is refused if the conversation has been closed', async () => {
    await ended({ closed: true }, message(1, 'Another'));
    for (const attempt of [1, 2]) {
      const answer = await say({ text: 'Hello' }, 'k');
      expect(answer.body, `attempt ${attempt}`).toMatchObject({ code: 'conversation_closed' });
    }
  });
});

describe('control', () => {
  test('with a repeated key is the same interruption, and another body is refused', async () => {
    const stop = (body: object) =>
      api.post(`${url}/interrupt`, body, { 'idempotency-key': 'stop-1' });
    const first = await stop({ scope: 'all', text: 'Stop!' });
    const second = await stop({ scope: 'all', text: 'Stop!' });
    expect([first.status, second.status]).toEqual([202, 202]);
    expect(second.body).toEqual(first.body);
    const [one, other] = api.gateway.calls.map(({ payload }) => payload);
    expect(other).toEqual(one);
    expect(one).toMatchObject({ id: expect.stringMatching(/^stop_/), message: first.body });
    expect((await stop({ scope: 'reply' })).body.code).toBe('idempotency_conflict');
  });

  test('interrupts the reply, calls or both, with a message or without', async () => {
    const quiet = await api.post(`${url}/interrupt`, { scope: 'calls', call_ids: ['call_1'] });
    expect(quiet).toMatchObject({ status: 202, body: {} });
    const spoken = await api.post(`${url}/interrupt`, { scope: 'all', text: 'Stop!' });
    const { message_id } = spoken.body;
    expect(message_id).toMatch(/^msg_/);
    expect(api.gateway.calls.map(({ payload }) => payload)).toEqual([
      { scope: 'calls', call_ids: ['call_1'] },
      { scope: 'all', message: { message_id, text: 'Stop!' } },
    ]);
  });

  test('cancels a call', async () => {
    const answer = await api.post(`${url}/calls/call_1/cancel`);
    expect(answer).toMatchObject({ status: 202, body: { call_id: 'call_1' } });
    expect(api.gateway.calls[0]).toMatchObject({
      method: 'cancelCall',
      payload: { call_id: 'call_1' },
    });
  });

  test('closes a conversation, and accepts a repeated close', async () => {
    expect(await api.post(`${url}/close`)).toMatchObject({ status: 202, body: { id: one.id } });
    await ended({ closed: true });
    expect((await api.post(`${url}/close`)).status).toBe(202);
  });

  test.each([
    ['interrupt', { scope: 'all' }],
    ['calls/call_1/cancel', undefined],
  ])('of a closed conversation is a 409: %s', async (what, body) => {
    await ended({ closed: true });
    expect((await api.post(`${url}/${what}`, body)).body).toMatchObject({
      status: 409,
      code: 'conversation_closed',
    });
  });

  test.each([
    ['interrupt', { scope: 'all' }],
    ['calls/call_1/cancel', undefined],
    ['close', undefined],
  ])('of an unknown conversation is a 404: %s', async (what, body) => {
    const answer = await api.post(`/v1/conversations/conv_none/${what}`, body);
    expect(answer.body).toMatchObject({ status: 404, code: 'conversation_not_found' });
  });
});
