import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Agent, request } from 'undici';
import { z } from 'zod';
import { createLocalBus } from '../stream/bus.ts';
import { createTestApi, type TestApi } from '../test/kit/api.ts';

let api: TestApi;
beforeEach(async () => {
  api = await createTestApi();
});
afterEach(() => api.app.close());

describe('the catalogue', () => {
  test('lists each tool with its input schema and how many results it has', async () => {
    expect((await api.get('/v1/tools')).body).toEqual({
      tools: [
        {
          kind: 'local',
          name: 'echo',
          description: 'Says it again.',
          input: {
            type: 'object',
            properties: { words: { type: 'string' } },
            required: ['words'],
          },
          results: { min: 1, max: 'many' },
          restart: 'resume',
          duplicates: 'allow',
        },
      ],
    });
  });

  test('has each tool’s approval and duplicates settings, with the default timeout', async () => {
    const guarded = await createTestApi({
      catalogue: {
        tools: new Map([
          [
            'pay',
            {
              name: 'pay',
              description: 'Pays.',
              input: z.object({}),
              approval: true,
              duplicates: 'reject',
              run: async () => 1,
            },
          ],
        ]),
        agents: new Map(),
      },
    });
    const { tools } = (await guarded.get('/v1/tools')).body;
    expect(tools).toMatchObject([{ duplicates: 'reject', approval: { timeout_ms: 604_800_000 } }]);
    await guarded.app.close();
  });

  test('says who awaits the results, if a tool or an agent sets it', async () => {
    const tool = { description: 'Asks.', input: z.object({}), run: async () => 1 };
    const awaiting = await createTestApi({
      catalogue: {
        tools: new Map([['ask', { ...tool, name: 'ask', awaits: 'managed' }]]),
        agents: new Map([['a', { name: 'a', instructions: 'Help.', awaits: 'prompt' }]]),
      },
    });
    expect((await awaiting.get('/v1/tools')).body.tools).toMatchObject([{ awaits: 'managed' }]);
    expect((await awaiting.get('/v1/agents')).body.agents).toMatchObject([{ awaits: 'prompt' }]);
    await awaiting.app.close();
  });

  test('lists each agent with its tools but without its instructions', async () => {
    expect((await api.get('/v1/agents')).body).toEqual({
      agents: [
        { name: 'default', tools: ['echo'] },
        { name: 'helper', model: 'large', tools: ['echo'] },
      ],
    });
  });
});

describe('the service', () => {
  test('is healthy as long as it answers', async () => {
    api.gateway.failure = new Error('away');
    expect(await api.get('/healthz')).toMatchObject({ status: 200, body: { status: 'ok' } });
  });

  test('is ready when the store and Temporal answer', async () => {
    expect(await api.get('/readyz')).toMatchObject({
      status: 200,
      body: { store: 'ok', temporal: 'ok' },
    });
  });

  test('is not ready when one of them does not answer, and names it', async () => {
    api.gateway.failure = new Error('away');
    const temporal = await api.get('/readyz');
    expect(temporal.body).toMatchObject({ code: 'not_ready', errors: [{ path: 'temporal' }] });
    api.store.conversation = () => Promise.reject(new Error('away'));
    const both = await api.get('/readyz');
    expect(both.status).toBe(503);
    expect(both.body.errors).toHaveLength(2);
  });

  test('is ready without live messages of other processes, and says that they are delayed', async () => {
    expect((await api.get('/readyz')).body).not.toHaveProperty('live');
    expect((await api.get('/metrics')).body).toContain('meanwhile_bus_up 1');
    const deaf = await createTestApi({ bus: createLocalBus({ alone: false }) });
    expect(await deaf.get('/readyz')).toMatchObject({ status: 200, body: { live: 'delayed' } });
    expect((await deaf.get('/metrics')).body).toContain('meanwhile_bus_up 0');
    await deaf.app.close();
  });

  test('is not ready from the moment that it is told to stop, and still answers', async () => {
    const stopping = await createTestApi({ grace_ms: 200 });
    const base = await stopping.listen();
    const agent = new Agent({ keepAliveTimeout: 10_000 });
    const ask = () => request(`${base}/readyz`, { dispatcher: agent });
    await (await ask()).body.dump();
    const closed = stopping.app.close();
    const { statusCode, body } = await ask();
    expect([statusCode, await body.json()]).toMatchObject([
      503,
      { code: 'not_ready', detail: 'This process is shutting down.' },
    ]);
    await closed;
    await agent.close();
  });

  test('counts requests by route, not by address', async () => {
    await api.get('/v1/conversations/conv_a');
    await api.get('/v1/conversations/conv_b');
    await api.get('/nowhere');
    const { body, headers } = await api.get('/metrics');
    expect(headers['content-type']).toContain('text/plain');
    const count = /meanwhile_http_request_seconds_count\{(.*)\} (\d+)/g;
    expect([...body.matchAll(count)].map(([, labels, number]) => [labels, number])).toEqual([
      ['method="GET",route="/v1/conversations/:id",status="404"', '2'],
      ['method="GET",route="none",status="404"', '1'],
    ]);
    expect(body).toContain('meanwhile_open_streams 0');
    expect(body).toContain('process_cpu_seconds_total');
  });
});

describe('the documentation', () => {
  type Operation = { summary?: string; tags?: string[]; responses: Record<string, Response> };
  type Response = { content?: Record<string, { schema?: object }> };
  const document = async () => (await api.get('/openapi.json')).body;

  test('is committed as it is served (`node api/print-openapi.ts` writes it)', async () => {
    const file = new URL('../docs/openapi.json', import.meta.url);
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(await document());
  });

  test('is OpenAPI 3.1, and describes the purpose and the answers of every route', async () => {
    const { openapi, paths, tags } = await document();
    expect(openapi).toBe('3.1.0');
    const known = tags.map(({ name }: { name: string }) => name);
    const routes = Object.entries<Record<string, Operation>>(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, route]) => ({ name: `${method} ${path}`, route })),
    );
    expect(routes.length).toBeGreaterThan(10);
    for (const { name, route } of routes) {
      expect(route.summary, name).toBeTruthy();
      expect(known, name).toContain(route.tags?.[0]);
      expect(Object.keys(route.responses), name).toContain('500');
      for (const [status, response] of Object.entries(route.responses)) {
        if (Number(status) >= 400) {
          expect(Object.keys(response.content ?? {}), name).toEqual(['application/problem+json']);
        }
      }
    }
  });

  test('has no empty schema and no dangling reference', async () => {
    const whole = await document();
    const text = JSON.stringify(whole);
    expect(text).not.toMatch(/"(anyOf|oneOf|allOf)":\[\]/);
    for (const [, name] of text.matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
      expect(whole.components.schemas).toHaveProperty(name!);
    }
  });

  test('has no regular expression that other languages cannot read', async () => {
    const patterns = [
      ...JSON.stringify(await document()).matchAll(/"pattern":"((?:[^"\\]|\\.)*)"/g),
    ];
    expect(patterns.length).toBeGreaterThan(20);
    for (const [, pattern] of patterns) expect(pattern).not.toMatch(/\\p\{|\(\?[^:]/i);
  });

  test('can be read without internet access', async () => {
    const page = await api.get('/docs');
    expect(page.status).toBe(200);
    const addresses = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, each]) => each!);
    expect(addresses.length).toBeGreaterThan(3);
    for (const address of addresses) {
      const { pathname, host } = new URL(address, 'http://here/docs/');
      expect(host, address).toBe('here');
      expect((await api.get(pathname)).status, address).toBe(200);
    }
  });
});
