/** The proxy in front of a harness's model, in the real service, which is killed while a call runs. */
import getPort from 'get-port';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Gates, startGates } from '../kit/gates.ts';
import { functionCall } from '../kit/played-api.ts';
import { startPlayedResponses } from '../kit/played-responses.ts';
import { useStage } from '../kit/stage.ts';

const model = await startPlayedResponses();
const stage = useStage({
  MEANWHILE_GRACE_MS: '300',
  PORT: String(await getPort()),
  OPENAI_BASE_URL: model.url,
});
let gates: Gates;
beforeAll(async () => void (gates = await startGates()));
afterAll(async () => {
  await gates.close();
  await model.close();
});

const user = (content: string) => ({ type: 'message', role: 'user', content });

async function ask(input: object[]): Promise<{ output: any[] }> {
  const response = await fetch(`${stage.service.url}/openai/v1/responses`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'm', input, prompt_cache_key: 'thread_1' }),
  });
  return (await response.json()) as { output: any[] };
}

test('a call outlives kill -9 of the service: it runs once, and each of its results is told once', async () => {
  const { service } = stage;
  const thread: object[] = [user('Go through the gates.')];
  const begun = ask(thread);
  (await model.asked()).says('On my way.', functionCall('relay', { gates: gates.url }));
  const suspended = await model.asked();
  expect(suspended.body.input.at(-1)?.output).toContain('Suspended as call_');
  suspended.says('It takes a while.');
  thread.push(...(await begun).output);
  expect(await gates.reached()).toBe('1');

  await service.kill9();
  await service.start();
  expect(await gates.reached()).toBe('1');
  gates.open('1');
  expect(await gates.reached()).toBe('2');

  const told: string[] = [];
  for (let asked = 0; !told.join('\n').includes('its last: through'); asked += 1) {
    if (asked === 1) gates.open('2');
    thread.push(user(`And now? ${asked}`));
    const answering = ask(thread);
    const request = await model.asked();
    const last = request.body.input.at(-1)!;
    if (last.type === 'function_call_output') told.push(String(last.output));
    request.says('I see.');
    thread.push(...(await answering).output);
  }
  const results = told.join('\n').match(/\[result \d+\]/g)!;
  expect(new Set(results).size).toBe(results.length);

  const { conversations } = await service.client.get('/v1/conversations');
  expect(conversations).toMatchObject([{ calls: [{ tool: 'relay', status: 'completed' }] }]);
  const { entries } = await service.client.get(
    `/v1/conversations/${conversations[0].id}/entries?kind=call.started&kind=reply.started`,
  );
  expect(entries).toHaveLength(1);
}, 180_000);
