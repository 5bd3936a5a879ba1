import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Probes, startProbes } from './probes.ts';

let probes: Probes;
beforeEach(async () => {
  probes = await startProbes({ port: 0, host: '127.0.0.1' });
});
afterEach(() => probes.close());

async function get(path: string, method = 'GET') {
  const response = await fetch(`${probes.url}${path}`, { method });
  return { status: response.status, text: await response.text() };
}
const down = () => Promise.reject(new Error('away'));
const up = () => Promise.resolve();

test('a worker is live while its process answers, and ready between its start and the signal to stop', async () => {
  const seen = async () => [(await get('/healthz')).status, (await get('/readyz')).status];
  expect(await seen()).toEqual([200, 503]);
  expect((await get('/readyz')).text).toContain('The worker is starting.');
  probes.ready({ store: up, temporal: up });
  expect(await seen()).toEqual([200, 200]);
  probes.unready('The worker is stopping.');
  expect(await seen()).toEqual([200, 503]);
  expect((await get('/readyz')).text).toContain('The worker is stopping.');
});

test('a worker whose dependency does not answer is not ready, and names it', async () => {
  probes.ready({ store: down, temporal: up });
  expect(await get('/readyz?verbose')).toEqual({
    status: 503,
    text: '{"status":"not ready","why":"Not answering: store."}',
  });
});

test('the metrics are those of the process, and other paths and methods are refused', async () => {
  expect((await get('/metrics')).text).toContain('process_cpu_seconds_total');
  expect((await get('/nowhere')).status).toBe(404);
  expect((await get('/healthz', 'POST')).status).toBe(405);
});
