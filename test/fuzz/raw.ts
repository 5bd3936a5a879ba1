/** What is below HTTP: bytes of which a parser makes a request, or not. */
import { connect } from 'node:net';
import fc from 'fast-check';
import { problemDocument } from '../../api/problems.ts';
import type { Store } from '../../store/store.ts';
import { createTestApi } from '../kit/api.ts';
import { type Effort, holds } from './found.ts';

const part = <T>(usual: T, ...odd: T[]) =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(usual) }, fc.constantFrom(...odd));

const request = fc
  .record({
    method: part('POST', 'GET', 'FOO', '', 'CONNECT', 'PROPFIND', 'post', '\0'),
    path: part(
      '/v1/conversations',
      '/%zz',
      '*',
      '',
      'http://x/',
      '//',
      `/${'y'.repeat(20_000)}`,
      '/é',
    ),
    version: part('HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', 'HTTP/9', '', 'HTTPS/1.1'),
    host: part('host: localhost', '', 'host: a\r\nhost: b', 'host:', 'host: \0'),
    length: part(
      'content-length: 2',
      'content-length: -1',
      'content-length: 1e9',
      'content-length: 1',
      '',
    ),
    more: part(
      'content-type: application/json',
      'transfer-encoding: chunked',
      'transfer-encoding: chunked, gzip',
      'expect: 100-continue',
      'expect: wonders',
      'upgrade: websocket\r\nconnection: upgrade',
      `x: ${'y'.repeat(20_000)}`,
      'x\0: y',
      ' folded',
      'content-encoding: gzip\r\ncontent-type: application/json',
    ),
    end: part('\r\n\r\n', '\n\n', '\r\n', ''),
    body: part('{}', '', 'x', '2\r\n{}\r\n0\r\n\r\n', '\0\xFF'),
  })
  .map(({ method, path, version, host, length, more, end, body }) => {
    const head = [host, length, more, 'connection: close'].filter(Boolean).join('\r\n');
    return Buffer.from(`${method} ${path} ${version}\r\n${head}${end}${body}`, 'latin1');
  });

export async function fuzzRaw(store: Store, effort: Effort): Promise<number> {
  const api = await createTestApi({ store });
  const port = Number(new URL(await api.listen()).port);
  try {
    const input = fc.oneof({ weight: 6, arbitrary: request }, fc.uint8Array().map(Buffer.from));
    return await holds('the parser', input, (bytes) => check(port, bytes), effort);
  } finally {
    await api.app.close();
  }
}

/** An answer, if there is one, is HTTP; and an error is a problem. */
async function check(port: number, bytes: Buffer): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  // A connection that is reset was answered before, or needs no answer.
  socket.on('error', () => {});
  socket.end(bytes);
  await new Promise((closed) => socket.once('close', closed));
  const answer = Buffer.concat(chunks)
    .toString()
    .replace(/^HTTP\/1.1 100 Continue\r\n\r\n/, '');
  if (answer === '') return;
  const [, status] = /^HTTP\/1\.1 (\d{3}) /.exec(answer) ?? [];
  if (status === undefined) throw new Error(`The answer is not HTTP: ${answer}`);
  if (Number(status) < 400) return;
  if (Number(status) >= 500) throw new Error(answer);
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  if (!head.toLowerCase().includes('content-type: application/problem+json')) {
    throw new Error(`${status} is not a problem document: ${answer}`);
  }
  problemDocument.strict().parse(JSON.parse(body));
}
