import { afterEach, beforeEach, expect, test } from 'vitest';
import { createTestApi, type TestApi } from '../test/kit/api.ts';

let api: TestApi;
beforeEach(async () => {
  api = await createTestApi();
});
afterEach(() => api.app.close());

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

test('every address answers each method that it does not have with 405 and those that it has', async () => {
  const { paths } = api.app.swagger() as { paths: Record<string, object> };
  for (const [path, operations] of Object.entries(paths)) {
    const url = path.replaceAll(/\{\w+\}/g, 'x');
    const has = Object.keys(operations).map((method) => method.toUpperCase());
    for (const method of METHODS.filter((each) => !has.includes(each))) {
      if (method === 'HEAD' && has.includes('GET') && !path.endsWith('/stream')) continue;
      const answer = await api.app.inject({ method, url });
      expect(answer.statusCode, `${method} ${path}`).toBe(405);
      const allowed = String(answer.headers.allow).split(', ');
      expect(allowed, path).toEqual(expect.arrayContaining(has));
      expect(allowed).not.toContain(method);
      if (method !== 'HEAD') expect(answer.json().code).toBe('method_not_allowed');
    }
  }
});

test('the MCP endpoint names its methods too', async () => {
  const answer = await api.app.inject({ method: 'PUT', url: '/mcp' });
  expect(answer.statusCode).toBe(405);
  expect(answer.headers.allow).toBe('DELETE, GET, POST');
});

test.each(['/', '/v1', '/v1/', '/v1/conversations/a/b', '/v2/conversations'])(
  '%s is a 404 for every method and body',
  async (url) => {
    for (const method of METHODS) {
      const answer = await api.app.inject({
        method,
        url,
        ...(method === 'POST' && { payload: '{', headers: { 'content-type': 'text/plain' } }),
      });
      expect(answer.statusCode, method).toBe(404);
    }
  },
);
