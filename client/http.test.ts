import type { ServerResponse } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { sendJson } from '../cli/demo/wire-server.ts';
import {
  type HeardRequest,
  type TestHttpServer,
  startHttpServer,
} from '../test/kit/http-server.ts';
import * as errors from './errors.ts';
import { Meanwhile } from './meanwhile.ts';

let server: TestHttpServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

/** A server and its client. */
async function serve(
  answer: (response: ServerResponse, nth: number, request: HeardRequest) => unknown,
  options: ConstructorParameters<typeof Meanwhile>[0] = {},
) {
  server = await startHttpServer(answer);
  return { m: new Meanwhile({ baseURL: server.url, ...options }), server };
}

const away = { 'retry-after': '0' };

test('the key is sent as a bearer token, and a path follows the base URL', async () => {
  const { m } = await serve((response) => sendJson(response, 201, { id: 'conv_1' }));
  const client = new Meanwhile({ baseURL: `${m.baseURL}/proxy/`, apiKey: 'k' });
  const { id } = await client.conversations.create({ message: { text: 'Hello' } });
  expect(id).toBe('conv_1');
  expect(server!.requests).toMatchObject([
    {
      method: 'POST',
      url: '/proxy/v1/conversations',
      headers: { authorization: 'Bearer k', 'content-type': 'application/json' },
      body: { message: { text: 'Hello' } },
    },
  ]);
});

test.each([503, 500, 429, 408])(
  'a POST that is answered with %i is retried with the same idempotency key',
  async (status) => {
    const { m } = await serve((response, nth) =>
      nth < 3
        ? sendJson(response, status, { code: 'x' }, away)
        : sendJson(response, 202, { message_id: 'msg_1' }),
    );
    const c = m.conversations.open('conv_1');
    expect(await c.send('Hello')).toEqual({ message_id: 'msg_1' });
    const keys = server!.requests.map(({ headers }) => headers['idempotency-key']);
    expect(keys).toHaveLength(3);
    expect(new Set(keys).size).toBe(1);
    expect(keys[0]).toMatch(/^key_[0-9a-f]{32}$/);
    await c.send('Again');
    expect(server!.requests[3]!.headers['idempotency-key']).not.toBe(keys[0]);
  },
);

test('a broken connection counts as an attempt', async () => {
  const { m } = await serve((response, nth) =>
    nth === 1 ? response.destroy() : sendJson(response, 202, { message_id: 'msg_1' }),
  );
  expect(await m.conversations.open('c').send('Hello')).toEqual({ message_id: 'msg_1' });
  const [first, second] = server!.requests;
  expect(second!.headers['idempotency-key']).toBe(first!.headers['idempotency-key']);
});

test('an attempt that takes too long is aborted and retried', async () => {
  const { m } = await serve(
    (response, nth) => nth > 1 && sendJson(response, 202, { message_id: 'msg_1' }),
    { timeout: 100 },
  );
  expect(await m.conversations.open('c').send('Hello')).toEqual({ message_id: 'msg_1' });
});

test('the error after the last retry says what happened', async () => {
  const { m } = await serve((response) => response.destroy(), { maxRetries: 0 });
  const error = await m.conversations.get('c').catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(errors.APIConnectionError);
  expect(error).toMatchObject({ status: undefined, code: undefined });
  expect((error as Error).message).toMatch(/^The service at http:\S+ cannot be reached: /);
  expect(server!.requests).toHaveLength(1);
});

test('a request that is never answered times out', async () => {
  const { m } = await serve(() => {}, { maxRetries: 0, timeout: 50 });
  const asking = m.conversations.get('c');
  await expect(asking).rejects.toThrow(errors.APIConnectionTimeoutError);
});

test('the abort signal of the caller ends a request at once', async () => {
  const stop = new AbortController();
  const { m } = await serve(() => stop.abort());
  const asking = m.conversations.open('c').send('Hello', { signal: stop.signal });
  await expect(asking).rejects.toThrow(errors.APIUserAbortError);
  await expect(m.conversations.get('c', { signal: stop.signal })).rejects.toThrow(
    errors.APIUserAbortError,
  );
  expect(server!.requests).toHaveLength(1);
});

test.each([
  [400, 'invalid_request', errors.BadRequestError],
  [401, undefined, errors.AuthenticationError],
  [403, undefined, errors.PermissionDeniedError],
  [404, 'conversation_not_found', errors.NotFoundError],
  [409, 'conversation_busy', errors.ConflictError],
  [422, 'unknown_agent', errors.UnprocessableEntityError],
  [413, 'request_too_large', errors.APIError],
] as const)('%i %s has its own class of error, and is not retried', async (status, code, Kind) => {
  const problem = { status, code, detail: 'It is so.', errors: [{ path: 'body', message: 'no' }] };
  const { m } = await serve((response) =>
    sendJson(response, status, problem, { 'x-request-id': 'req_1' }),
  );
  const error = await m.conversations
    .open('c')
    .send('Hello')
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(Kind);
  expect(error).toBeInstanceOf(errors.APIError);
  expect(error).toMatchObject({ status, code, requestId: 'req_1', errors: problem.errors });
  expect((error as Error).message).toContain('It is so.');
  expect(server!.requests).toHaveLength(1);
});

test.each([
  [429, errors.RateLimitError],
  [500, errors.InternalServerError],
  [503, errors.InternalServerError],
] as const)(
  '%i has its own class of error, which is thrown after the last retry',
  async (status, Kind) => {
    const { m } = await serve((response) => sendJson(response, status, {}, away));
    const error = await m.conversations
      .open('c')
      .send('Hello')
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Kind);
    expect(server!.requests).toHaveLength(3);
  },
);

test('an error page of a proxy is quoted', async () => {
  const { m } = await serve((response) => response.writeHead(401).end('<html>Sign in</html>'));
  await expect(m.conversations.get('c')).rejects.toThrow('401 <html>Sign in</html>');
});

test('a success response that is not JSON is an error too', async () => {
  const { m } = await serve((response) => response.end('<html>Sign in</html>'));
  await expect(m.conversations.get('c')).rejects.toThrow(/not valid JSON: <html>/);
});
