import { afterEach, expect, test } from 'vitest';
import { createTestApi, type TestApi } from '../test/kit/api.ts';

let api: TestApi;
afterEach(() => api.app.close());

test('a service without a page has nothing at /', async () => {
  api = await createTestApi();
  expect(await api.get('/')).toMatchObject({ status: 404, body: { code: 'not_found' } });
});

test('a page that was not built says how it is built', async () => {
  api = await createTestApi({ page: () => Promise.resolve(undefined) });
  const { status, body } = await api.get('/');
  expect(status).toBe(404);
  expect(body).toContain('npm run build');
  expect(await api.get('/assets/index.js')).toMatchObject({ status: 404 });
});

test('a build that fails is tried again with the next request', async () => {
  let tries = 0;
  const page = () => {
    tries += 1;
    return tries === 1 ? Promise.reject(new Error('no memory')) : Promise.resolve(undefined);
  };
  api = await createTestApi({ page });
  expect((await api.get('/')).status).toBe(500);
  expect((await api.get('/')).status).toBe(404);
  expect((await api.get('/')).status).toBe(404);
  expect(tries).toBe(2);
});

test('a user interface learns where Temporal shows a conversation and a call', async () => {
  const temporalUi = { url: 'http://ui:8233', namespace: 'my space' };
  api = await createTestApi({ about: { demoModel: true, temporalUi } });
  const { body } = await api.get('/v1/service');
  const workflows = 'http://ui:8233/namespaces/my%20space/workflows';
  expect(body).toEqual({
    version: expect.stringMatching(/^\d+\.\d+\.\d+/),
    demo_model: true,
    temporal_ui: {
      conversation: `${workflows}/conversation%2Fdefault%2F`,
      call: `${workflows}/call%2Fdefault%2F`,
    },
  });
});

test('a service that does not know where the UI is does not name it', async () => {
  api = await createTestApi();
  const { body } = await api.get('/v1/service');
  expect(body).toEqual({ version: expect.any(String), demo_model: false });
});
