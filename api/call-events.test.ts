import { beforeEach, describe, expect, test } from 'vitest';
import { signPushToken } from '../security/remote/push-token.ts';
import { createTestApi, PUSH_SECRET, type TestApi } from '../test/kit/api.ts';
import { GatewayUnavailable } from './gateway.ts';

const claims = {
  tenant: 'default',
  conversation: 'conv_1',
  call_id: 'call_1',
  expires_at: Date.now() + 3_600_000,
};
const conversation = { tenant: 'default', id: 'conv_1' };

let api: TestApi;
beforeEach(async () => {
  api = await createTestApi();
  api.gateway.running.add('call_1');
});

const urlFor = (more: Partial<typeof claims> = {}, secret = PUSH_SECRET) =>
  `/v1/call-events/${signPushToken(secret, { ...claims, ...more })}`;
const push = (body: unknown, url = urlFor()) => api.post(url, body);
const progress = (n: number, more: object = {}) => ({ n, kind: 'progress', percent: 40, ...more });

test('an event is signalled to its call with its schedule', async () => {
  expect(await push(progress(1, { note: 'frame 4' }))).toMatchObject({
    status: 202,
    body: { n: 1 },
  });
  expect(api.gateway.calls).toEqual([
    {
      method: 'push',
      id: 'call_1',
      payload: { n: 1, kind: 'progress', percent: 40, note: 'frame 4', schedule: 'when_idle' },
    },
  ]);
});

test('progress is shown live, even if the model is not told of it', async () => {
  const shown: unknown[] = [];
  api.bus.subscribe(conversation, (message) => shown.push(message));
  await push(progress(1, { note: 'frame 4' }));
  await push({ n: 2, kind: 'result', data: 'x' });
  expect(shown).toEqual([{ type: 'progress', call_id: 'call_1', percent: 40, note: 'frame 4' }]);
  const latest = await api.store.progress(conversation, ['call_1']);
  expect(latest.get('call_1')).toMatchObject({ percent: 40, note: 'frame 4' });
});

test('a repeated event has the same answer, even if the call has ended since', async () => {
  const first = await push(progress(1));
  expect(await push({ percent: 40, kind: 'progress', n: 1 })).toMatchObject({
    status: first.status,
    body: first.body,
  });
  api.gateway.running.clear();
  for (let i = 0; i < 3; i += 1) {
    expect(await push(progress(1))).toMatchObject({ status: first.status, body: first.body });
  }
});

test('a number repeated with another body is refused', async () => {
  await push(progress(1));
  expect(await push(progress(1, { percent: 41 }))).toMatchObject({
    status: 409,
    body: { code: 'push_conflict' },
  });
  expect(api.gateway.calls).toHaveLength(1);
});

test('the same number for another call is another event', async () => {
  api.gateway.running.add('call_2');
  await push(progress(1));
  expect((await push(progress(1, { percent: 41 }), urlFor({ call_id: 'call_2' }))).status).toBe(
    202,
  );
});

test('an event after the end is refused, and so is its repeat', async () => {
  api.gateway.running.clear();
  for (let i = 0; i < 3; i += 1) {
    expect(await push(progress(1))).toMatchObject({ status: 410, body: { code: 'call_over' } });
  }
});

test('an event that could not be signalled is not accepted and can be sent again', async () => {
  api.gateway.failure = new GatewayUnavailable('Temporal does not answer.');
  const refused = await push({ n: 1, kind: 'done', data: 'all of it' });
  expect(refused).toMatchObject({ status: 503, body: { code: 'temporal_unavailable' } });
  expect(refused.headers['retry-after']).toBeDefined();
  api.gateway.failure = undefined;
  expect((await push({ n: 1, kind: 'done', data: 'all of it' })).status).toBe(202);
  expect(api.gateway.calls).toHaveLength(2);
});

test('an event that was not signalled in time is not answered as accepted', async () => {
  api.gateway.failure = new GatewayUnavailable('Temporal does not answer.');
  await push({ n: 1, kind: 'done' });
  api.gateway.failure = undefined;
  api.gateway.running.clear();
  expect(await push({ n: 1, kind: 'done' })).toMatchObject({ status: 410 });
});

test('a push URL is valid as long as its call, whatever the clock says', async () => {
  const overdue = urlFor({ expires_at: 1 });
  expect(await push(progress(1), overdue)).toMatchObject({ status: 202 });
  api.gateway.running.clear();
  const late = await push(progress(2), overdue);
  expect(late).toMatchObject({ status: 410, body: { code: 'push_url_expired' } });
  // An accepted event stays accepted.
  expect(await push(progress(1), overdue)).toMatchObject({ status: 202 });
});

describe('a push URL is refused', () => {
  test.each<[string, () => string, number, string]>([
    ['if another secret signed it', () => urlFor({}, 'another'), 401, 'push_url_invalid'],
    ['if it is truncated', () => urlFor().slice(0, -5), 401, 'push_url_invalid'],
    ['if it has no signature', () => '/v1/call-events/hello', 401, 'push_url_invalid'],
    ['if it is very long', () => `/v1/call-events/${'x'.repeat(900)}`, 401, 'push_url_invalid'],
  ])('%s', async (_, url, status, code) => {
    expect(await push(progress(1), url())).toMatchObject({ status, body: { code } });
    // The URL is checked before the body.
    expect(await push('{', url())).toMatchObject({ status, body: { code } });
    expect(api.gateway.calls).toEqual([]);
  });
});

describe('a body is refused', () => {
  test.each<[string, unknown, number, string]>([
    ['if it is larger than a result may be', progress(1, { x: 'x'.repeat(8_000) }), 413, ''],
    ['if it is missing', undefined, 400, 'body'],
    ['without a number', { kind: 'done' }, 400, 'body.n'],
    ['numbered from zero', { n: 0, kind: 'done' }, 400, 'body.n'],
    ['with a fractional number', { n: 1.5, kind: 'done' }, 400, 'body.n'],
    ['of an unknown kind', { n: 1, kind: 'finished' }, 400, 'body.kind'],
    ['with a percentage above 100', progress(1, { percent: 101 }), 400, 'body.percent'],
    ['with progress but no percentage', { n: 1, kind: 'progress' }, 400, 'body.percent'],
    ['with a misspelt field', progress(1, { notes: 'x' }), 400, 'body'],
    ['if it reports a failure without a reason', { n: 1, kind: 'failed' }, 400, 'body.error'],
    ['with an unknown schedule', progress(1, { schedule: 'now' }), 400, 'body.schedule'],
  ])('%s', async (_, body, status, path) => {
    const answer = await push(body);
    expect(answer.status).toBe(status);
    if (path) expect(answer.body.errors[0].path).toBe(path);
    expect(api.gateway.calls).toEqual([]);
  });

  test('if it is not valid JSON or has another content type', async () => {
    const json = { 'content-type': 'application/json' };
    expect((await api.post(urlFor(), '{', json)).status).toBe(400);
    expect((await api.post(urlFor(), 'x', { 'content-type': 'text/plain' })).status).toBe(415);
  });
});

test('only characters that the store refuses are replaced', async () => {
  await push({ n: 1, kind: 'result', data: { text: 'a\0b \\u0000 \ud800 ok' } });
  expect(api.gateway.calls[0]!.payload).toMatchObject({
    data: { text: 'a\ufffdb \\u0000 \ufffd ok' },
  });
});
