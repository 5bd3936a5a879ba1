/** A client of `/mcp/tools` that does not name its calls, and makes the same call again. */
import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { QuickOutcome, QuickRunner } from '../contract/quick.ts';
import { createMcpTestClient, type McpTestClient } from '../test/kit/mcp-client.ts';
import { useMcp, words } from '../test/kit/mcp-stage.ts';
import { createMemoryStore } from '../test/kit/memory-store.ts';
import { StoreUnavailable } from '../store/unavailable.ts';
import { createSameCalls } from './same-calls.ts';

const stage = useMcp();
let client: McpTestClient;

async function open(quick?: QuickRunner) {
  await stage.api.app.close();
  await stage.open(1_000, { grace_ms: 50 }, quick);
  client = createMcpTestClient(stage.url, { path: '/mcp/tools', tasks: false });
}
beforeEach(() => open());

/** As the relay sends it: the thread in a header, and a key for each request. */
const call = (input: object = { words: 'hi' }, { thread = 'thread_1', meta = {} } = {}) =>
  client.call('echo', input, { meta, headers: { 'meanwhile-thread': thread } });
async function handle(...request: Parameters<typeof call>): Promise<string> {
  const [text = ''] = words(await call(...request));
  return /^Suspended as (call_\w+)/.exec(text)?.[1] ?? text;
}

test('timeout-retry-loop: the same tool and input while one is open gets the same handle', async () => {
  const first = await handle();
  expect(first).toMatch(/^call_/);
  expect(await handle()).toBe(first);
  const { calls } = (await stage.api.store.conversation(await stage.only()))!;
  expect(calls.map(({ id }) => id)).toEqual([first]);
});

test('requests at the same time are one call', async () => {
  const [one, other] = await Promise.all([handle(), handle()]);
  expect(other).toBe(one);
});

test('another input, another thread and a call that is named are calls of their own', async () => {
  const handles = [
    await handle(),
    await handle({ words: 'ho' }),
    await handle({ words: 'hi' }, { thread: 'thread_2' }),
    await handle({ words: 'hi' }, { meta: { threadId: 'thread_1', callId: 'c1' } }),
  ];
  expect(new Set(handles).size).toBe(4);
});

test('when the call has ended, the same input is a new call', async () => {
  const first = await handle();
  await stage.played.play((story) => story.ends(first, { type: 'completed', result: 'hi' }));
  const second = await handle();
  const { calls } = (await stage.api.store.conversation(await stage.only()))!;
  expect(calls.map(({ id, status }) => [id, status])).toEqual([
    [second, 'running'],
    [first, 'completed'],
  ]);
});

test('a quick call that is under way is joined, and the next one after it is made', async () => {
  let ended = Promise.withResolvers<QuickOutcome>();
  const run = vi.fn(() => ended.promise);
  await open({ run, recorded: async () => {}, stop: async () => {}, unrecorded: async () => [] });
  const end = (result: string) =>
    ended.resolve({ type: 'ended', end: { type: 'completed', result }, isRepeat: false });
  const both = [call(), call()];
  await vi.waitFor(() => expect(run).toHaveBeenCalled());
  end('once');
  expect((await Promise.all(both)).map(words)).toEqual([['once'], ['once']]);
  expect(run).toHaveBeenCalledTimes(1);

  ended = Promise.withResolvers();
  end('again');
  expect(words(await call())).toEqual(['again']);
});

describe('a call that was requested a moment ago', () => {
  const conversation = { tenant: 'default', id: 'conv_1' };
  const request = (own: string) => ({ conversation, tool: 'echo', input: {}, own });

  test('is joined though the log does not have it yet', async () => {
    const same = createSameCalls(createMemoryStore());
    const first = await same.join(request('call_a'));
    first.left('open');
    expect((await same.join(request('call_b'))).call_id).toBe('call_a');
  });

  test('is not joined if it was refused', async () => {
    const same = createSameCalls(createMemoryStore());
    (await same.join(request('call_a'))).left('over');
    expect((await same.join(request('call_b'))).call_id).toBe('call_b');
  });
});

test('while the store is away, each call is one of its own', async () => {
  const store = createMemoryStore();
  vi.spyOn(store, 'conversation').mockRejectedValue(
    new StoreUnavailable('The store is away.', { mayBeDone: false }),
  );
  const conversation = { tenant: 'default', id: 'conv_1' };
  const same = createSameCalls(store);
  const joined = await same.join({ conversation, tool: 'echo', input: {}, own: 'call_a' });
  expect(joined.call_id).toBe('call_a');
});
