import { afterEach, expect, test } from 'vitest';
import { startStubModel, type StubModel } from '../kit/model-server.ts';
import { outcomeOf } from './play.ts';
import { record } from './record.ts';
import { startScriptedServer } from './scripted-server.ts';

let stub: StubModel | undefined;
afterEach(async () => {
  await stub?.close();
  stub = undefined;
});

const KEY = 'sk-very-secret';
const asked = { name: 'stub', model: 'stub', prompt: 'Say good day.', tools: true };

test.each(['chat', 'responses'] as const)(
  'what a server sent over the %s API is kept, and played gives the same',
  async (api) => {
    const calls = [{ name: 'look', arguments: '{"where":"a"}' }];
    stub = await startStubModel(() => ({ text: `Good day, ${KEY}.`, calls }));
    const fixture = await record({ ...asked, api, baseURL: stub.url }, KEY);
    expect(fixture.request).toMatchObject({ method: 'POST', body: { model: 'stub' } });
    expect(fixture.response!.chunks.join('')).toContain('Good');
    expect(fixture.expect).toMatchObject({
      text: 'Good day, [key].',
      calls: [['look', '{"where":"a"}']],
    });
    expect(JSON.stringify(fixture)).not.toContain(KEY);

    const server = await startScriptedServer(() => fixture.response!);
    const played = await outcomeOf({ api }, { baseURL: server.url });
    await server.close();
    expect(played).toEqual(fixture.expect);
  },
);

test('a refusal is kept too', async () => {
  stub = await startStubModel(() => ({
    status: 429,
    text: 'No.',
    headers: { 'retry-after': '7' },
  }));
  const fixture = await record({ ...asked, api: 'chat', baseURL: stub.url }, KEY);
  expect(fixture.response).toMatchObject({ status: 429, headers: { 'retry-after': '7' } });
  expect(fixture.expect).toMatchObject({ error: 'ModelRateLimited', retry_ms: 7_000 });
});
