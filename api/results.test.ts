import { beforeEach, describe, expect, test } from 'vitest';
import type { CallPush } from '../contract/signals.ts';
import { signPushToken } from '../security/remote/push-token.ts';
import { createTestApi, PUSH_SECRET, type TestApi } from '../test/kit/api.ts';

let api: TestApi;
beforeEach(async () => {
  api = await createTestApi();
  api.gateway.running.add('call_1');
});

describe('a large result', () => {
  const json = '{"rows": [1,  2, 1e21], "text": "日本\\n"}';

  test('is returned complete, byte for byte', async () => {
    const conversation = await api.begin();
    await api.store.keepResult(conversation, { call_id: 'call_1', n: 'end' }, json);
    await api.store.keepResult(conversation, { call_id: 'call_1', n: 3 }, '"three"');
    const path = `/v1/conversations/${conversation.id}/calls/call_1/results`;
    const answer = await api.app.inject({ method: 'GET', url: `${path}/end` });
    expect([answer.statusCode, answer.payload]).toEqual([200, json]);
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    expect((await api.get(`${path}/3`)).body).toBe('three');
  });

  test('that does not exist is a 404 that says what is missing', async () => {
    const { id } = await api.begin();
    const other = await api.begin();
    await api.store.keepResult(other, { call_id: 'call_1', n: 'end' }, json);
    const get = (where: string) => api.get(`/v1/conversations/${where}`);
    for (const missing of ['call_1/results/end', 'call_1/results/1', 'call_x/results/end']) {
      expect(await get(`${id}/calls/${missing}`)).toMatchObject({
        status: 404,
        body: { code: 'result_not_found', detail: expect.stringContaining(missing.slice(0, 6)) },
      });
    }
    expect(await get('nowhere/calls/call_1/results/end')).toMatchObject({
      status: 404,
      body: { code: 'conversation_not_found' },
    });
  });

  test.each(['0', '-1', '1.5', 'last', '1e400'])('cannot have the number %s', async (n) => {
    const { id } = await api.begin();
    const answer = await api.get(`/v1/conversations/${id}/calls/call_1/results/${n}`);
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    expect(answer.body.errors[0].path).toBe('params.n');
  });
});

describe('a push with a large result', () => {
  const conversation = { tenant: 'default', id: 'conv_1' };
  const claims = { tenant: 'default', conversation: 'conv_1', call_id: 'call_1' };
  const token = signPushToken(PUSH_SECRET, { ...claims, expires_at: Date.now() + 3_600_000 });
  const push = (body: unknown) => api.post(`/v1/call-events/${token}`, body);
  const heard = () => api.gateway.calls.map(({ payload }) => payload as CallPush);
  const kept = (n: number | 'end') => api.store.result(conversation, { call_id: 'call_1', n });
  const data = 'x'.repeat(3_999);

  test('is stored before its call is signalled, and the signal has only its beginning', async () => {
    expect((await push({ n: 4, kind: 'result', data })).status).toBe(202);
    const stored = { n: 4, bytes: 4_001, head: data.slice(0, 2_000) };
    expect(heard()).toEqual([{ n: 4, kind: 'result', stored, schedule: 'when_idle' }]);
    expect(await kept(4)).toBe(JSON.stringify(data));
  });

  test('is stored as the final result if the push is `done`', async () => {
    await push({ n: 9, kind: 'done', data });
    expect(heard()).toMatchObject([{ n: 9, kind: 'done', stored: { n: 'end', bytes: 4_001 } }]);
    expect(heard()[0]).not.toHaveProperty('data');
    expect(await kept('end')).toBe(JSON.stringify(data));
  });

  test('exactly at the limit is signalled complete', async () => {
    await push({ n: 1, kind: 'result', data: data.slice(1) });
    expect(heard()).toMatchObject([{ data: data.slice(1) }]);
    expect(await kept(1)).toBeUndefined();
  });

  test('that is repeated is stored and signalled as before', async () => {
    for (let i = 0; i < 3; i += 1) {
      expect((await push({ n: 4, kind: 'result', data })).status).toBe(202);
    }
    const [first, ...repeats] = heard();
    expect(repeats).toEqual([first, first]);
    expect((await push({ n: 4, kind: 'result', data: `${data}!` })).status).toBe(409);
    expect(await kept(4)).toBe(JSON.stringify(data));
  });

  test('cannot claim that its data is already stored', async () => {
    const stored = { n: 1, bytes: 9, head: 'x' };
    expect((await push({ n: 1, kind: 'result', data: 1, stored })).status).toBe(400);
    await push({ n: 2, kind: 'result', data: { stored } });
    expect(heard()).toMatchObject([{ data: { stored } }]);
  });

  test('whose characters the store replaces is signalled as stored', async () => {
    await push({ n: 1, kind: 'result', data: `\0\ud800${data}` });
    expect(heard()).toMatchObject([{ stored: { head: `\ufffd\ufffd${data.slice(0, 1_998)}` } }]);
    expect(JSON.parse((await kept(1))!)).toBe(`\ufffd\ufffd${data}`);
  });
});
