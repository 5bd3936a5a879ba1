import { Writable } from 'node:stream';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createTestApi, type TestApi } from '../test/kit/api.ts';

let api: TestApi;
let lines: string[];
beforeEach(async () => {
  lines = [];
  const written = new Writable({
    write(chunk, _, done) {
      lines.push(String(chunk));
      done();
    },
  });
  api = await createTestApi({ logger: pino({ level: 'warn' }, written) });
});
afterEach(() => api.app.close());

test("a client's own request id is in the answer, in the problem and in the log", async () => {
  api.gateway.failure = new Error('a fault of ours');
  const answer = await api.post('/v1/conversations', {}, { 'x-request-id': 'trace-4711' });
  expect(answer.headers['x-request-id']).toBe('trace-4711');
  expect(answer.body.request_id).toBe('trace-4711');
  expect(JSON.parse(lines[0]!).reqId).toBe('trace-4711');
});

test.each([['a b'], ['x'.repeat(129)], ['<script>'], ['']])(
  'a request id such as "%s" is replaced',
  async (id) => {
    const { headers } = await api.get('/healthz', { 'x-request-id': id });
    expect(headers['x-request-id']).toMatch(/^req_[\w-]{22}$/);
  },
);

test('every answer tells a browser how to treat it, also one that is an error', async () => {
  for (const url of ['/healthz', '/v1/conversations', '/nowhere', '/v1/conversations/no%20id']) {
    const { headers } = await api.get(url);
    expect(headers, url).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'x-frame-options': 'DENY',
    });
  }
});

test("a tenant's data is neither cached nor rendered; the documentation is a page", async () => {
  const { headers } = await api.get('/v1/conversations');
  expect(headers['cache-control']).toBe('no-store');
  expect(headers['content-security-policy']).toContain("default-src 'none'");
  const { headers: page } = await api.get('/docs/');
  expect(page['content-security-policy']).not.toBe(headers['content-security-policy']);
});
