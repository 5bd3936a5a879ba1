import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createTestApi, type TestApi } from '../test/kit/api.ts';
import { problemDocument } from './problems.ts';

let api: TestApi;
let port: number;
beforeEach(async () => {
  api = await createTestApi();
  port = Number(new URL(await api.listen()).port);
});
afterEach(() => api.app.close());

/** Sends these bytes and reads until the connection closes. */
async function send(request: string) {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8');
  let answer = '';
  socket.on('data', (chunk) => (answer += chunk));
  socket.on('error', () => {});
  socket.write(request);
  await once(socket, 'close');
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  return { head, body };
}

const host = 'host: localhost\r\nconnection: close\r\n';
const post = `POST /v1/conversations HTTP/1.1\r\n${host}content-type: application/json\r\n`;

test.each([
  ['text that is not a request', 'hello\r\n\r\n', 400, 'malformed_request'],
  ['an unknown method', `FOO / HTTP/1.1\r\n${host}\r\n`, 400, 'malformed_request'],
  ['an unknown version', `GET / HTTP/9.9\r\n${host}\r\n`, 400, 'malformed_request'],
  ['a header without a name', `GET / HTTP/1.1\r\n${host}: x\r\n\r\n`, 400, 'malformed_request'],
  ['a length that is not a number', `${post}content-length: x\r\n\r\n{}`, 400, 'malformed_request'],
  ['a negative length', `${post}content-length: -1\r\n\r\n{}`, 400, 'malformed_request'],
  [
    'two lengths',
    `${post}content-length: 2\r\ncontent-length: 3\r\n\r\n{}`,
    400,
    'malformed_request',
  ],
  [
    'a chunk without a size',
    `${post}transfer-encoding: chunked\r\n\r\nx\r\n`,
    400,
    'malformed_request',
  ],
  ['no host', 'GET /healthz HTTP/1.1\r\nconnection: close\r\n\r\n', 400, 'malformed_request'],
  [
    'headers too large',
    `GET /healthz HTTP/1.1\r\n${host}x: ${'y'.repeat(20_000)}\r\n\r\n`,
    431,
    'headers_too_large',
  ],
  [
    'an address too long',
    `GET /${'y'.repeat(20_000)} HTTP/1.1\r\n${host}\r\n`,
    431,
    'headers_too_large',
  ],
  ['CONNECT', `CONNECT example.com:443 HTTP/1.1\r\n${host}\r\n`, 404, 'not_found'],
  ['a method that has no route', `PROPFIND / HTTP/1.1\r\n${host}\r\n`, 404, 'not_found'],
])('%s is answered as a problem', async (_, request, status, code) => {
  const { head, body } = await send(request);
  expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect(head).toContain('content-type: application/problem+json');
  expect(problemDocument.parse(JSON.parse(body))).toMatchObject({ status, code });
  expect((await api.get('/healthz')).status).toBe(200);
});

test('an unknown Expect header is ignored', async () => {
  const { head } = await send(`GET /healthz HTTP/1.1\r\n${host}expect: wonders\r\n\r\n`);
  expect(head).toMatch(/^HTTP\/1.1 200 /);
});

test('a client that sends invalid data during an answer is disconnected, not answered twice', async () => {
  api.app.server.prependOnceListener('request', (_, response) => response.flushHeaders());
  const { head, body } = await send(`GET /healthz HTTP/1.1\r\n${host}\r\nnonsense\r\n\r\n`);
  expect(head).toMatch(/^HTTP\/1.1 200 /);
  expect(body).not.toContain('malformed_request');
});
