import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import getPort from 'get-port';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Gates, startGates } from '../kit/gates.ts';
import { createMcpTestClient } from '../kit/mcp-client.ts';
import { words } from '../kit/mcp-stage.ts';
import { asks } from '../kit/played-model.ts';
import { useStage } from '../kit/stage.ts';

const port = await getPort();
const stage = useStage({ MEANWHILE_GRACE_MS: '100', PORT: String(port) });
let gates: Gates;
beforeAll(async () => void (gates = await startGates()));
afterAll(() => gates.close());

const client = (options = {}) => createMcpTestClient(stage.service.url, options);

test('a task of ask_<agent> outlives kill -9 of the service: its client polls on and gets the one answer', async () => {
  const { model, service } = stage;
  const { taskId } = await client().call('ask_default', { text: 'Go through the gates.' });
  (await model.asked()).says('On my way.', asks('relay', { gates: gates.url }));
  expect(await gates.reached()).toBe('1');
  const before = client();

  await service.kill9();
  await expect(before.request('tasks/get', { taskId })).rejects.toThrow('fetch failed');
  await service.start();

  const working = await client().request('tasks/get', { taskId });
  expect(working).toMatchObject({ taskId, status: 'working' });
  // The tool goes on where it was: nothing was started a second time.
  expect(await gates.reached()).toBe('1');
  gates.open('1');
  (await model.asked()).says('Through the first.');
  expect(await gates.reached()).toBe('2');
  const plain = client({ tasks: false });
  const next = await plain.call('next_results', { conversation_id: await newest(), after: 3 });
  expect(words(next)[0]).toMatch(/^\[result \d+\] Through the first\.\nrelay/);
  await service.kill9();
  await service.start();
  gates.open('2');
  (await model.asked()).says('And through the second.');

  const ended = await client().ended(taskId);
  expect(ended.status).toBe('completed');
  expect(words(ended.result)[0]).toBe(
    'On my way.\n\nThrough the first.\n\nAnd through the second.',
  );
  const { conversations } = await service.client.get('/v1/conversations');
  expect(conversations).toHaveLength(1);
  await service.kill9();
  await service.start();
  expect(await client().request('tasks/get', { taskId })).toEqual(ended);
}, 180_000);

test('a call that its client gave up, and that the service did not survive, is told by the next call', async () => {
  const { model, service } = stage;
  const away = new AbortController();
  const given = client({ tasks: false }).call(
    'ask_default',
    { text: 'Tell me a story.' },
    { signal: away.signal },
  );
  const story = await model.asked();
  away.abort();
  await expect(given).rejects.toThrow();
  await service.kill9();
  await service.start();
  story.says('Lost with the service.');
  (await model.asked()).says('There was a fox.');

  const plain = client({ tasks: false });
  const next = await plain.call('next_results', { conversation_id: await newest() });
  expect(words(next)[0]).toMatch(/^\[result \d+\] There was a fox\.\nThe agent is at rest/);
}, 120_000);

test('the stdio relay survives the death and the absence of the service', async () => {
  const { model, service } = stage;
  const command = fileURLToPath(new URL('../../cli/meanwhile.js', import.meta.url));
  const harness = new Client({ name: 'harness', version: '1' });
  await harness.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [command, 'mcp', '--url', service.url],
    }),
  );
  const answer = harness.callTool({ name: 'ask_default', arguments: { text: 'Tell me a story.' } });
  await model.asked();
  await service.kill9();
  await service.start();
  // The relay has sent the call again, and the service knows which one it is.
  (await model.asked()).says('There was a fox.');
  expect(words((await answer) as never)[0]).toBe('There was a fox.');
  const { conversations } = await service.client.get('/v1/conversations');
  expect(conversations).toHaveLength(3);

  await service.kill9();
  const listed = harness.callTool({
    name: 'next_results',
    arguments: { conversation_id: conversations[0].id },
  });
  await service.start();
  expect(words((await listed) as never)[0]).toContain('There was a fox.');
  await harness.close();
}, 180_000);

/** A client that has lost the ids finds its conversation among the resources. */
async function newest(): Promise<string> {
  const { resources } = await client().request('resources/list');
  return /conversations\/([\w-]+)/.exec(resources[0].uri)![1]!;
}
