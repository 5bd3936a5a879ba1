import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest';
import { playScenario } from '../../cli/demo/scenario.ts';
import { startTestService, type TestService } from '../kit/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService({ temporal: inject('temporalAddress') });
});
afterEach((test) => service.explain(test));
afterAll(() => service.remove());

test('the agent answers while a tool runs, speaks unprompted at every milestone, and cancels on request', async () => {
  const seen = await playScenario(service.client, () => {});
  expect(seen).toHaveLength(12);
}, 120_000);
