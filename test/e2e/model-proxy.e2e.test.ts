/** The proxy in front of a harness's model, in the real service, which is killed while a call runs. */
import { test } from 'vitest';
import { DIALECTS } from '../kit/dialects.ts';
import { startPlayedResponses } from '../kit/played-responses.ts';
import { killDuringCall, useProxiedStage } from '../kit/proxied-stage.ts';

const dialect = DIALECTS.find(({ path }) => path === '/responses')!;
const model = await startPlayedResponses();
const proxied = await useProxiedStage(model);

async function turn(input: object[]): Promise<object[]> {
  const response = await fetch(`${proxied.stage.service.url}/openai/v1/responses`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'm', input, prompt_cache_key: 'thread_1' }),
  });
  return ((await response.json()) as { output: object[] }).output;
}

test('a call outlives kill -9 of the service: it runs once, and the model gets each of its results once', async () => {
  await killDuringCall(proxied, { model, dialect }, turn);
}, 180_000);
