import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest';
import { playScenario } from '../../cli/demo/scenario.ts';
import { Meanwhile } from '../../client/meanwhile.ts';
import { fetchDescribed } from '../kit/described-events.ts';
import { startTestService, type TestService } from '../kit/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService({ temporal: inject('temporalAddress') });
});
afterEach((test) => service.explain(test));
afterAll(() => service.remove());

test('the agent answers while a tool runs, speaks unprompted at every milestone, and cancels on request', async () => {
  const heard = new Set<string>();
  const fetch = fetchDescribed((name) => void heard.add(name));
  const client = new Meanwhile({ baseURL: service.url, fetch });
  const seen = await playScenario(client, () => {});
  expect(seen).toHaveLength(12);
  // Each as docs/openapi.json describes it.
  expect([...heard].toSorted()).toEqual(['delta', 'entry', 'progress']);
}, 120_000);
