/** Tools of the service for a harness that has a model of its own. No model of ours is ever asked. */
import getPort from 'get-port';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Gates, startGates } from '../kit/gates.ts';
import { createMcpTestClient } from '../kit/mcp-client.ts';
import { words } from '../kit/mcp-stage.ts';
import { useStage } from '../kit/stage.ts';

const stage = useStage({ MEANWHILE_GRACE_MS: '300', PORT: String(await getPort()) });
let gates: Gates;
beforeAll(async () => void (gates = await startGates()));
afterAll(() => gates.close());

const path = '/mcp/tools';
const meta = { threadId: 'thread_1' };
const next = (text: string) => JSON.parse(/next_results\((.*?)\)/.exec(text)![1]!);

test('a call outlives kill -9 of the service: it runs once, and each of its results is told once', async () => {
  const { service } = stage;
  const plain = createMcpTestClient(service.url, { path, tasks: false });
  const client = createMcpTestClient(service.url, { path });

  const suspended = await plain.call(
    'relay',
    { gates: gates.url },
    { meta: { ...meta, callId: 'c1' } },
  );
  expect(words(suspended)[0]).toContain('Suspended as call_');
  expect(await gates.reached()).toBe('1');
  gates.open('1');
  let cursor = next(words(suspended)[0]!);
  const told: string[] = [];
  const first = await plain.call('next_results', cursor);
  told.push(words(first)[0]!);
  cursor = next(words(first)[0]!);
  expect(await gates.reached()).toBe('2');

  await service.kill9();
  await service.start();
  // Its harness does not know what has become of the call, and makes it again.
  const again = await plain.call(
    'relay',
    { gates: gates.url },
    { meta: { ...meta, callId: 'c1' } },
  );
  expect(next(words(again)[0]!).conversation_id).toBe(cursor.conversation_id);
  const { taskId } = await client.call('next_results', cursor);
  expect(await gates.reached()).toBe('2');
  gates.open('2');
  for (let text = ''; !text.includes('No call is open');) {
    const news = await plain.call('next_results', cursor);
    text = words(news)[0]!;
    told.push(text);
    if (text.includes('next_results(')) cursor = next(text);
  }
  const results = told.join('\n').match(/\[result \d+\]/g)!;
  expect(new Set(results).size).toBe(results.length);
  expect(told.join('\n')).toContain('its last: through');
  expect((await client.ended(taskId)).status).toBe('completed');

  const { conversations } = await service.client.get('/v1/conversations');
  expect(conversations).toMatchObject([{ agent: 'client:test', calls: [{ status: 'completed' }] }]);
  const { entries } = await service.client.get(
    `/v1/conversations/${cursor.conversation_id}/entries?kind=receipt&kind=reply.started&kind=call.requested`,
  );
  expect(new Set(entries.map(({ kind, fate }: any) => fate ?? kind))).toEqual(
    new Set(['call.requested', 'acknowledged']),
  );
}, 180_000);
