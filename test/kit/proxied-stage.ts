/** The service as a proxy in front of a played model, and a call through it that outlives the service. */
import getPort from 'get-port';
import { afterAll, expect } from 'vitest';
import { type Dialect, given } from './dialects.ts';
import { type Gates, startGates } from './gates.ts';
import { functionCall, type PlayedApi } from './played-api.ts';
import { type Stage, useStage } from './stage.ts';

export interface ProxiedStage {
  stage: Stage;
  /** The gates at which the calls of the tests wait. */
  gates: Gates;
}

/**
 * For all tests of a file: ready when the first of them runs, gone after the last.
 * @param model closed after the last test
 * @param path of its API below the URL
 */
export async function useProxiedStage(
  model: { url: string; close(): Promise<unknown> },
  path = '',
): Promise<ProxiedStage> {
  const gates = await startGates();
  const stage = useStage({
    MEANWHILE_GRACE_MS: '300',
    PORT: String(await getPort()),
    OPENAI_BASE_URL: `${model.url}${path}`,
  });
  afterAll(async () => {
    await gates.close();
    await model.close();
  });
  return { stage, gates };
}

/**
 * Kills the service while a call runs, and starts it again: the call has to run once, and the model to get each of its results once.
 * @param turn sends a thread, and resolves with the items that the client adds to it
 * @returns the items of the first turn
 */
export async function killDuringCall(
  { stage: { service }, gates }: ProxiedStage,
  { model, dialect }: { model: PlayedApi<any>; dialect: Dialect },
  turn: (thread: object[]) => Promise<object[]>,
): Promise<object[]> {
  const thread = [dialect.user('Go through the gates.')];
  const begun = turn(thread);
  (await model.asked()).says('On my way.', functionCall('relay', { gates: gates.url }));
  const suspended = await model.asked();
  expect(given(dialect, suspended).at(-1)).toContain('Suspended as call_');
  suspended.says('It takes a while.');
  const first = await begun;
  thread.push(...first);
  expect(await gates.reached()).toBe('1');

  await service.kill9();
  await service.start();
  expect(await gates.reached()).toBe('1');
  gates.open('1');
  expect(await gates.reached()).toBe('2');

  const told: string[] = [];
  for (let asked = 0; !told.join('\n').includes('its last: through'); asked += 1) {
    if (asked === 1) gates.open('2');
    thread.push(dialect.user(`And now? ${asked}`));
    const answering = turn(thread);
    const request = await model.asked();
    const last = given(dialect, request).at(-1)!;
    if (last.startsWith('output ')) told.push(last);
    request.says('I see.');
    thread.push(...(await answering));
  }
  const results = told.join('\n').match(/\[result \d+\]/g)!;
  expect(new Set(results).size).toBe(results.length);

  const { conversations } = await service.client.get('/v1/conversations');
  expect(conversations).toMatchObject([{ calls: [{ tool: 'relay', status: 'completed' }] }]);
  const { entries } = await service.client.get(
    `/v1/conversations/${conversations[0].id}/entries?kind=call.started&kind=reply.started`,
  );
  expect(entries).toHaveLength(1);
  return first;
}
