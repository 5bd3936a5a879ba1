import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MAX_DEPTH } from '../contract/json-value.ts';
import { signPushToken } from '../security/remote/push-token.ts';
import { createTestApi, PUSH_SECRET, type TestApi } from '../test/kit/api.ts';

let api: TestApi;
beforeEach(async () => {
  api = await createTestApi();
});
afterEach(() => api.app.close());

const post = async (payload: string | Buffer, url = '/v1/conversations') => {
  const headers = { 'content-type': 'application/json' };
  const answer = await api.app.inject({ method: 'POST', url, headers, payload });
  return { status: answer.statusCode, text: answer.payload, body: answer.json() };
};
const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);

describe('nested JSON', () => {
  test('of the greatest depth allowed is stored and returned', async () => {
    const metadata = { a: JSON.parse(nested(MAX_DEPTH - 1)) };
    const { body } = await post(JSON.stringify({ metadata }));
    expect((await api.get(`/v1/conversations/${body.id}`)).body.metadata).toEqual(metadata);
    expect((await api.get('/v1/conversations')).body.conversations).toMatchObject([{ metadata }]);
  });

  test.each([MAX_DEPTH, 3_800, 4_900])(
    'with %i levels below a field of metadata is refused',
    async (depth) => {
      const { body } = await post(`{"metadata":{"a":${nested(depth)}}}`);
      expect(body).toMatchObject({
        status: 400,
        code: 'invalid_request',
        errors: [{ path: 'body.metadata', message: 'is nested deeper than 100 levels' }],
      });
    },
  );

  test('that consists of brackets alone is refused as a body', async () => {
    const { body } = await post(nested(4_000));
    expect(body).toMatchObject({ status: 400, errors: [{ path: 'body' }] });
  });

  test('that a remote tool pushes is refused beyond the greatest depth allowed', async () => {
    const claims = { tenant: 'default', conversation: 'c', call_id: 'call_a' };
    const token = signPushToken(PUSH_SECRET, { ...claims, expires_at: Date.now() + 60_000 });
    api.gateway.running.add('call_a');
    const push = (n: number, depth: number) =>
      post(`{"n":${n},"kind":"result","data":${nested(depth)}}`, `/v1/call-events/${token}`);
    expect(await push(1, MAX_DEPTH)).toMatchObject({ status: 202 });
    expect(await push(2, MAX_DEPTH + 1)).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'body.data' }] },
    });
  });
});

test('every key is data: __proto__, constructor and prototype are stored and returned', async () => {
  const metadata =
    '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":2}},"prototype":[{"__proto__":null}]}';
  const { status, text, body } = await post(`{"metadata":${metadata}}`);
  expect(status).toBe(201);
  expect(text).toContain(`"metadata":${metadata}`);
  for (const url of ['/v1/conversations', `/v1/conversations/${body.id}`]) {
    const answer = await api.app.inject({ method: 'GET', url });
    expect(answer.payload).toContain(`"metadata":${metadata}`);
  }
  expect(({} as { polluted?: number }).polluted).toBeUndefined();
});

test.each([
  ['a lone continuation byte', Buffer.from([0x80])],
  ['Latin-1', Buffer.from('é', 'latin1')],
  ['an overlong slash', Buffer.from([0xc0, 0xaf])],
  ['half a surrogate pair as bytes', Buffer.from([0xed, 0xa0, 0xbd])],
  ['a truncated character', Buffer.from('😀').subarray(0, 3)],
])('bytes that are not UTF-8 are refused: %s', async (_, bytes) => {
  const body = [Buffer.from('{"message":{"text":"'), bytes, Buffer.from('"}}')];
  expect((await post(Buffer.concat(body))).body).toMatchObject({
    status: 400,
    code: 'malformed_json',
    detail: 'The body is not UTF-8.',
  });
});

test('a byte order mark is not part of the body', async () => {
  expect(await post('\uFEFF{}')).toMatchObject({ status: 201 });
});

test('NUL and lone surrogates become U+FFFD, whole surrogate pairs stay, in values and names', async () => {
  const { body } = await post(
    String.raw`{"metadata":{"a\u0000":"\ud83d\ude00 \ud83d \ude00 \\u0000"}}`,
  );
  expect(body.metadata).toEqual({ 'a\uFFFD': '😀 \uFFFD \uFFFD \\u0000' });
});

test.each(['1e400', '-1e999', '[[1e309]]'])(
  'a number too large for a double is refused: %s',
  async (n) => {
    const { body } = await post(`{"metadata":{"a":${n}}}`);
    expect(body).toMatchObject({ status: 400, errors: [{ path: 'body.metadata' }] });
  },
);

test('the last of two equal names wins, and numbers are doubles', async () => {
  const { body } = await post('{"metadata":{"a":1,"a":2,"b":9007199254740993,"c":1e308}}');
  expect(body.metadata).toEqual({ a: 2, b: 9007199254740992, c: 1e308 });
});

test('a repeated request with the same key and deeply nested data has the same answer', async () => {
  const payload = `{"metadata":{"a":${nested(MAX_DEPTH - 1)},"__proto__":1}}`;
  const headers = { 'content-type': 'application/json', 'idempotency-key': 'k' };
  const request = { method: 'POST', url: '/v1/conversations', headers, payload } as const;
  const [one, two] = [await api.app.inject(request), await api.app.inject(request)];
  expect(one.statusCode).toBe(201);
  expect(two.payload).toBe(one.payload);
});
