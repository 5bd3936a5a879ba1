import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createTestApi, type TestApi } from '../test/kit/api.ts';

let api: TestApi;
beforeEach(async () => {
  api = await createTestApi();
});
afterEach(() => api.app.close());

const json = { 'content-type': 'application/json' };
const post = async (payload: string, headers: Record<string, string>) => {
  const answer = await api.app.inject({
    method: 'POST',
    url: '/v1/conversations',
    headers,
    payload,
  });
  expect(answer.headers['content-type']).toBe('application/problem+json');
  return { status: answer.statusCode, body: answer.json() };
};

describe('an error is answered as a problem', () => {
  test.each([
    ['half an object', '{"agent":', json, 400, 'malformed_json'],
    ['an empty body declared as JSON', '', json, 400, 'invalid_request'],
    ['a blank body declared as JSON', ' ', json, 400, 'malformed_json'],
    ['a field named __proto__', '{"__proto__":{"a":1}}', json, 400, 'invalid_request'],
    ['text', 'hello', { 'content-type': 'text/plain' }, 415, 'unsupported_media_type'],
    ['a form', 'a=b', { 'content-type': 'multipart/form-data' }, 415, 'unsupported_media_type'],
    ['a body that is too large', `"${'x'.repeat(11_000)}"`, json, 413, 'request_too_large'],
    ['a list', '[]', json, 400, 'invalid_request'],
    ['a misspelt field', '{"agnet":"default"}', json, 400, 'invalid_request'],
  ])('for %s', async (_, payload, headers, status, code) => {
    expect(await post(payload, headers)).toMatchObject({ status, body: { status, code } });
  });

  test('that names each invalid field', async () => {
    const { body } = await api.post('/v1/conversations', {
      agent: 7,
      message: { text: ' ', author: '' },
    });
    expect(body.errors.map(({ path }: { path: string }) => path).toSorted()).toEqual([
      'body.agent',
      'body.message.author',
      'body.message.text',
    ]);
    for (const { path, message } of body.errors)
      expect(body.detail).toContain(`${path}: ${message}`);
  });

  test('that stays short when every element of a list is invalid, or an invalid name is long', async () => {
    const { id } = await api.begin();
    const call_ids = Array.from({ length: 900 }, () => '?');
    const many = await api.post(`/v1/conversations/${id}/interrupt`, { scope: 'calls', call_ids });
    expect(many.body.errors).toHaveLength(20);
    const long = await api.post('/v1/conversations', { ['x'.repeat(9_000)]: 1 });
    expect(long.body).toMatchObject({ status: 400, code: 'invalid_request' });
    expect(long.body.detail.length).toBeLessThan(1_100);
  });

  test('but an empty body is accepted where none is needed, whatever its content type', async () => {
    const { id } = await api.begin();
    const url = `/v1/conversations/${id}/close`;
    const answer = await api.app.inject({ method: 'POST', url, headers: json, payload: '' });
    expect(answer.statusCode).toBe(202);
  });

  test('for a missing body', async () => {
    const { body } = await api.post('/v1/conversations/c/messages');
    expect(body).toMatchObject({ status: 400, errors: [{ path: 'body', message: 'is missing' }] });
  });

  test.each([
    ['/v1/conversations/a%00b', 'params.id'],
    ['/v1/conversations/a%2Fb', 'params.id'],
    ['/v1/conversations?limit=0', 'query.limit'],
    ['/v1/conversations?limit=1001', 'query.limit'],
    ['/v1/conversations?page=2', 'query'],
    ['/v1/conversations/c/entries?after=-1', 'query.after'],
    ['/v1/conversations/c/entries?after=99999999999', 'query.after'],
  ])('for %s', async (url, path) => {
    expect((await api.get(url)).body).toMatchObject({
      code: 'invalid_request',
      errors: [{ path }],
    });
  });

  test.each([
    ['GET', '/v1/nothing?secret=1', 'There is no GET /v1/nothing.'],
    ['DELETE', '/v1/nothing', 'There is no DELETE /v1/nothing.'],
  ] as const)('for %s %s', async (method, url, detail) => {
    const answer = await api.app.inject({ method, url });
    expect(answer.json()).toMatchObject({ status: 404, code: 'not_found', detail });
  });

  test('for a malformed URL', async () => {
    const base = await api.listen();
    const socket = connect(Number(new URL(base).port), '127.0.0.1').setEncoding('utf8');
    socket.end('GET /v1/%zz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n');
    let answer = '';
    socket.on('data', (chunk) => (answer += chunk));
    await once(socket, 'close');
    expect(answer).toContain('400 Bad Request');
    expect(answer).toContain('application/problem+json');
    expect(answer).toContain('"code":"invalid_request"');
  });

  test('without internal details if the fault is ours', async () => {
    api.store.conversation = () => Promise.reject(new Error('password=hunter2 refused'));
    const answer = await api.get('/v1/conversations/c');
    expect(answer.body).toMatchObject({ status: 500, code: 'internal_error' });
    expect(JSON.stringify(answer)).not.toContain('hunter2');
  });
});
