import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { batch, idle, message, messages, replying, started } from '../test/store/samples.ts';
import { createTestApi, type TestApi, TEST_SETTINGS } from '../test/kit/api.ts';
import { LIMITS } from '../test/kit/story.ts';

let api: TestApi;
beforeEach(async () => {
  api = await createTestApi();
});
afterEach(() => api.app.close());

const key = (value: string) => ({ 'idempotency-key': value });

describe('POST /v1/conversations', () => {
  test('starts the workflow, stores the conversation and returns its URL', async () => {
    const answer = await api.post('/v1/conversations', { metadata: { ticket: 7 } });
    const { id } = answer.body;
    expect(id).toMatch(/^conv_[\w-]{22}$/);
    expect(answer.status).toBe(201);
    expect(answer.headers.location).toBe(`/v1/conversations/${id}`);
    expect(answer.body).toMatchObject({
      status: 'idle',
      agent: 'default',
      metadata: { ticket: 7 },
      calls: [],
      last_seq: 0,
    });
    const start = { conversation: { tenant: 'default', id }, agent: 'default', limits: LIMITS };
    expect(api.gateway.calls).toEqual([{ method: 'start', id, payload: { start } }]);
    expect((await api.get(`/v1/conversations/${id}`)).body).toMatchObject({
      ...answer.body,
      updated_at: expect.any(String),
    });
  });

  test('sends the first message with the start', async () => {
    await api.post('/v1/conversations', { message: { text: 'Hello', author: 'ada' } });
    expect(api.gateway.calls[0]?.payload).toMatchObject({
      message: { text: 'Hello', author: 'ada', message_id: expect.stringMatching(/^msg_.{22}$/) },
    });
  });

  test("uses the agent's own limits over the service's", async () => {
    await api.post('/v1/conversations', { agent: 'helper' });
    const limits = { ...LIMITS, max_running: 1 };
    expect(api.gateway.calls[0]?.payload).toMatchObject({ start: { agent: 'helper', limits } });
  });

  test('refuses an unknown agent and names those that exist', async () => {
    const answer = await api.post('/v1/conversations', { agent: 'nobody' });
    expect(answer).toMatchObject({ status: 422, body: { code: 'unknown_agent' } });
    expect(answer.body.detail).toContain('default, helper');
    expect(api.gateway.calls).toEqual([]);
  });

  test('stores nothing when the workflow could not be started', async () => {
    api.gateway.failure = new Error('broken');
    expect((await api.post('/v1/conversations', {})).status).toBe(500);
    expect((await api.get('/v1/conversations')).body.conversations).toEqual([]);
  });

  test('refuses metadata that is too large', async () => {
    const api = await createTestApi({
      settings: { ...TEST_SETTINGS, MEANWHILE_MAX_MESSAGE_BYTES: 100_000 },
    });
    const answer = await api.post('/v1/conversations', { metadata: { a: 'x'.repeat(16_400) } });
    expect(answer.body).toMatchObject({ status: 400, errors: [{ path: 'body.metadata' }] });
    await api.app.close();
  });

  describe('with an idempotency key', () => {
    test('creates one conversation and gives one answer for two requests', async () => {
      const body = { message: { text: 'Hello' }, metadata: { a: 1, b: 2 } };
      const first = await api.post('/v1/conversations', body, key('k'));
      const sameBody = { metadata: { b: 2, a: 1 }, message: { text: 'Hello' } };
      const second = await api.post('/v1/conversations', sameBody, key('k'));
      expect([second.status, second.body]).toEqual([first.status, first.body]);
      expect((await api.get('/v1/conversations')).body.conversations).toHaveLength(1);
      expect(api.gateway.calls).toHaveLength(1);
    });

    test('completes in the repeat if the first attempt died halfway', async () => {
      api.gateway.failure = new Error('died');
      expect((await api.post('/v1/conversations', {}, key('k'))).status).toBe(500);
      api.gateway.failure = undefined;
      const answer = await api.post('/v1/conversations', {}, key('k'));
      expect(answer.status).toBe(201);
      expect(api.gateway.running).toContain(answer.body.id);
      expect((await api.get(`/v1/conversations/${answer.body.id}`)).status).toBe(200);
    });

    test('refuses a key that was used with another body', async () => {
      await api.post('/v1/conversations', {}, key('k'));
      const answer = await api.post('/v1/conversations', { metadata: { a: 1 } }, key('k'));
      expect(answer.body).toMatchObject({ status: 409, code: 'idempotency_conflict' });
    });

    test.each(['', 'a b', 'x'.repeat(256), 'é'])('refuses the invalid key %j', async (value) => {
      const answer = await api.post('/v1/conversations', {}, key(value));
      expect(answer.body).toMatchObject({
        status: 400,
        errors: [{ path: 'header.idempotency-key' }],
      });
    });
  });
});

describe('GET /v1/conversations', () => {
  test('shows the live progress of an open call instead of that in the log', async () => {
    const one = await api.begin();
    const requested_at = '2025-01-02T03:04:05.678Z';
    const call = { tool: 'echo', requested_at, percent: 25, note: 'told' };
    const calls = [
      { ...call, id: 'a', status: 'running' as const },
      { ...call, id: 'b', status: 'running' as const },
      { ...call, id: 'c', status: 'completed' as const },
    ];
    await api.store.record(batch(one, [1, 1], 1, messages(1, 'Hi'), { ...replying(1), calls }));
    for (const id of ['a', 'c']) {
      await api.store.setProgress(one, id, { percent: 40, at: requested_at });
    }
    const { body } = await api.get(`/v1/conversations/${one.id}`);
    expect(body).toMatchObject({ status: 'replying', reply: { id: 'reply_1' }, last_seq: 1 });
    expect(body.calls).toEqual([{ ...calls[0], percent: 40 }, calls[1], calls[2]]);
  });

  test('answers an unknown conversation with a 404', async () => {
    const answer = await api.get('/v1/conversations/conv_none');
    expect(answer.body).toMatchObject({ status: 404, code: 'conversation_not_found' });
  });

  test('lists conversations newest first, in pages, and filtered by status', async () => {
    for (const [index, id] of ['a', 'b', 'c'].entries()) {
      const at = `2025-01-01T00:00:0${index}.000Z`;
      await api.store.open({ tenant: 'default', id }, { agent: 'default', metadata: {}, at });
    }
    const closed = { ...idle, status: 'closed' as const };
    await api.store.record(batch({ tenant: 'default', id: 'b' }, [1, 1], 1, [], closed));
    const ids = async (query: string) => {
      const { body } = await api.get(`/v1/conversations?${query}`);
      return [body.conversations.map((each: { id: string }) => each.id), body.next_after];
    };
    expect(await ids('limit=2')).toEqual([['c', 'b'], 'b']);
    expect(await ids('limit=2&after=b')).toEqual([['a'], undefined]);
    expect(await ids('status=closed')).toEqual([['b'], undefined]);
  });
});

describe('the log of a conversation', () => {
  test('comes in pages, with all kinds or only some', async () => {
    const one = await api.begin();
    const all = [message(1, 'a'), started(2, 1), message(3, 'b')];
    await api.store.record(batch(one, [1, 1], 1, all));
    const page = async (query: string) =>
      (await api.get(`/v1/conversations/${one.id}/entries?${query}`)).body;
    expect(await page('')).toEqual({ entries: all, revision: 0 });
    expect(await page('limit=2')).toEqual({ entries: all.slice(0, 2), next_after: 2, revision: 0 });
    expect((await page('after=2')).entries).toEqual([all[2]]);
    expect((await page('kind=reply.started')).entries).toEqual([all[1]]);
    expect((await page('kind=reply.started&kind=message.user')).entries).toEqual(all);
    expect(await page('kind=nonsense')).toMatchObject({ status: 400, code: 'invalid_request' });
  });

  test('includes every field of entries from a newer version', async () => {
    const one = await api.begin();
    const newer = { ...message(1, 'a'), mood: 'sunny', kind: 'message.future' } as never;
    await api.store.record(batch(one, [1, 1], 1, [newer]));
    const { body } = await api.get(`/v1/conversations/${one.id}/entries`);
    expect(body.entries).toEqual([newer]);
  });

  test('is a 404 for an unknown conversation', async () => {
    expect((await api.get('/v1/conversations/conv_none/entries')).status).toBe(404);
  });
});
