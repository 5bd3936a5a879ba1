/** The model server behind the proxy: what it receives from the caller, and how its failures reach the harness. */
import { describe, expect, test } from 'vitest';
import { useBehindProxy } from '../test/kit/behind-proxy.ts';
import { DIALECTS } from '../test/kit/dialects.ts';

describe.each(DIALECTS)('a model server with the API $name', (dialect) => {
  const { user, field, path } = dialect;
  const here = useBehindProxy(dialect);
  const request = (more: object = {}) => ({
    model: 'm',
    stream: true,
    prompt_cache_key: 't',
    [field]: [user('Hi.')],
    ...more,
  });

  test('gets the key of the service, and nothing of the caller’s', async () => {
    const asking = here.post(request(), {
      ...{ authorization: 'Bearer of-the-caller', 'x-api-key': 'of-the-caller', cookie: 'a=b' },
    });
    const asked = await here.asked();
    expect(asked.path).toBe(`/v1${path}`);
    expect(asked.headers.authorization).toBe('Bearer of the service');
    expect(JSON.stringify(asked.headers)).not.toMatch(/of-the-caller|cookie/);
    asked.says('Hello.');
    await asking;
  });

  test('that refuses has its answer passed on to the harness unchanged', async () => {
    const asking = here.post(request());
    const problem = { error: { message: 'Too many.', type: 'rate_limit', code: 'slow_down' } };
    (await here.asked()).refuses(429, problem, { 'retry-after': '7' });
    const response = await asking;
    expect(response.status).toBe(429);
    expect(response.headers.get('retry-after')).toBe('7');
    expect(await response.json()).toEqual(problem);
  });

  test('that is away is an error in the form of the API', async () => {
    await here.model.close();
    const response = await here.post(request());
    expect(response.status).toBe(502);
    expect(await response.json()).toMatchObject({ error: { code: 'upstream_unavailable' } });
    here.model = await dialect.start();
  });

  test.each([
    ['whose answer the proxy reads', {}],
    ['whose answer the proxy only passes on', { prompt_cache_key: undefined }],
  ])('that breaks off ends the harness’s stream as broken (%s)', async (_, more) => {
    const asking = here.post(request(more));
    (await here.asked()).sends('data: {"id":"1"}\n\n', { breaks: true });
    const response = await asking;
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow();
  });

  test('that breaks off is an error for a harness that does not stream', async () => {
    const asking = here.post(request({ stream: false }));
    (await here.asked()).sends('data: {"id":"1"}\n\n', { breaks: true });
    const response = await asking;
    expect(response.status).toBe(502);
    expect(await response.json()).toMatchObject({ error: { type: 'server_error' } });
  });

  test('lists its models to the harness', async () => {
    const asking = fetch(`${here.url}/openai/v1/models`);
    const asked = await here.model.asked();
    expect(asked.path).toBe('/v1/models');
    asked.refuses(200, { data: [{ id: 'm' }] });
    expect(await (await asking).json()).toEqual({ data: [{ id: 'm' }] });
  });
});
