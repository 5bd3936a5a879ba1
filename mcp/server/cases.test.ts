/** Problems with long calls that users have reported about other servers and clients. Each test has the name of its report. */
import { expect, test, vi } from 'vitest';
import { createTestApi } from '../../test/kit/api.ts';
import { createMcpTestClient } from '../../test/kit/mcp-client.ts';
import { useMcp, words } from '../../test/kit/mcp-stage.ts';

const stage = useMcp();

const next = (text: string) => JSON.parse(/next_results\((.*?)\)/.exec(text)![1]!);

test('dies-at-60s: a call of any length ends with its result, though each request is short', async () => {
  await stage.api.app.close();
  await stage.open(1_000);
  const asking = stage.plain.call('ask_default', { text: 'Install it.' });
  await vi.waitFor(stage.only);
  await stage.startsCall();
  let answer = await asking;
  for (let waits = 0; waits < 2; waits += 1) {
    answer = await stage.plain.call('next_results', next(words(answer)[0]!));
    expect(words(answer)[0]).toMatch(/^Nothing new[^]*More may come/);
  }
  await stage.endsCall();
  answer = await stage.plain.call('next_results', next(words(answer)[0]!));
  expect(words(answer)[0]).toMatch(/^\[result \d+\] Done\./);
});

test('progress-extends: progress comes while a call waits, and its numbers grow', async () => {
  const seen: any[] = [];
  const asking = stage.plain.call(
    'ask_default',
    { text: 'Install it.' },
    { meta: { progressToken: 'p' }, onNotification: ({ params }) => seen.push(params) },
  );
  await vi.waitFor(stage.only);
  await stage.startsCall();
  await vi.waitFor(() => expect(seen).not.toEqual([]));
  const before = seen.length;
  stage.api.bus.publish(await stage.only(), {
    type: 'progress',
    call_id: 'call_1',
    percent: 50,
    note: 'half',
  });
  await vi.waitFor(() => expect(seen.length).toBeGreaterThan(before));
  await stage.endsCall();
  await asking;
  expect(seen.map(({ progress }) => progress)).toEqual(seen.map((_, nth) => nth + 1));
  expect(seen.map(({ message }) => message)).toContain('call_1 50 % half');
});

test('late-result-discarded: a result that comes after its client gave up is returned by the next call', async () => {
  const away = new AbortController();
  const asking = stage.plain.call('ask_default', { text: 'Hello' }, { signal: away.signal });
  await vi.waitFor(stage.only);
  away.abort();
  await expect(asking).rejects.toThrow();
  await stage.played.play((story) => story.model('Hi.'));
  const { id: conversation_id } = await stage.only();
  const later = await stage.plain.call('next_results', { conversation_id });
  expect(words(later)[0]).toContain('] Hi.');
});

test('orphaned-by-drop, ids-lost: a dropped call can be listed, read and ended', async () => {
  const away = new AbortController();
  const asking = stage.plain.call('ask_default', { text: 'Install it.' }, { signal: away.signal });
  await vi.waitFor(stage.only);
  away.abort();
  await expect(asking).rejects.toThrow();
  await stage.startsCall();
  const { resources } = await stage.plain.request('resources/list');
  const conversation_id = /conversations\/([\w-]+)/.exec(resources[0].uri)![1]!;
  const told = await stage.plain.call('next_results', { conversation_id });
  expect(words(told)[0]).toContain('echo (call_1): running');
  await stage.plain.call('cancel_call', { conversation_id, call_id: 'call_1' });
  const after = await stage.plain.call('next_results', { conversation_id });
  expect(words(after)[0]).toContain('The agent is at rest');
});

test('not-found-after-restart: another process with the same secret and store knows the task', async () => {
  const { taskId } = await stage.client.call('ask_default', { text: 'Hello' });
  const { store, bus } = stage.api;
  await stage.api.app.close();
  stage.api = await createTestApi({ store, bus, gateway: stage.played });
  const client = createMcpTestClient(await stage.api.listen());
  await stage.played.play((story) => story.model('Hi.'));
  expect(await client.request('tasks/get', { taskId })).toMatchObject({ status: 'completed' });
});

test('timeout-retry-loop: a call that times out and is sent again runs once', async () => {
  const meta = { threadId: 'thread_1', callId: 'call_9' };
  for (let tries = 0; tries < 3; tries += 1) {
    const away = new AbortController();
    const options = { meta, signal: away.signal };
    const asking = stage.plain.call('ask_default', { text: 'Pay it.' }, options);
    await vi.waitFor(stage.only);
    away.abort();
    await expect(asking).rejects.toThrow();
  }
  const last = stage.plain.call('ask_default', { text: 'Pay it.' }, { meta });
  await stage.played.play((story) => story.model('Paid.'));
  expect(words(await last)[0]).toBe('Paid.');
  const { id } = await stage.only();
  const page = await stage.api.store.entries({ tenant: 'default', id }, { after: 0, limit: 99 });
  expect(page?.entries.filter(({ kind }) => kind === 'message.user')).toHaveLength(1);
});

test('stop-never-arrives: tasks/cancel stops the calls of the agent', async () => {
  const { taskId } = await stage.client.call('ask_default', { text: 'Install it.' });
  await stage.startsCall();
  await stage.client.request('tasks/cancel', { taskId });
  const head = await stage.api.store.conversation(await stage.only());
  expect(head?.calls).toMatchObject([{ id: 'call_1', status: 'cancelled' }]);
});

test('failure-without-payload: a failed answer keeps its text and the cause', async () => {
  const { taskId } = await stage.client.call('ask_default', { text: 'Install it.' });
  await stage.startsCall();
  await stage.played.play((story) => {
    const error = { type: 'ToolError', message: 'The disk is full.' };
    story.ends('call_1', { type: 'failed', error });
    story.pass(1_000);
    story.modelFails('The model is away.');
  });
  const { status, result } = await stage.client.request('tasks/get', { taskId });
  expect([status, result.isError]).toEqual(['completed', true]);
  expect(words(result)[0]).toBe('On my way.\n\nA reply failed: The model is away.');
});

test('polled-forty-times: a client that waits makes one request for each piece of news', async () => {
  const conversation_id = await stage.begin('Install it.');
  let requests = 0;
  const ask = (after: number) => {
    requests += 1;
    return stage.plain.call('next_results', { conversation_id, after });
  };
  const first = ask(0);
  await stage.startsCall();
  const { cursor } = (await first)._meta.meanwhile;
  const second = ask(cursor);
  await stage.endsCall();
  expect(words(await second)[0]).toContain('The agent is at rest');
  expect(requests).toBe(2);
});
