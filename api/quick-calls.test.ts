/** Calls that are made before they are reported to their conversation, as a client of `/mcp/tools` sees them. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { QuickCall, QuickOutcome, QuickRunner } from '../contract/quick.ts';
import { createMcpTestClient, type McpTestClient } from '../test/kit/mcp-client.ts';
import { useMcp, words } from '../test/kit/mcp-stage.ts';
import type { QuotaSettings } from './quotas.ts';

const stage = useMcp();
const NEVER_MS = 2 ** 31 - 1;
const ONE_CONVERSATION = { MEANWHILE_MAX_CONVERSATIONS_PER_HOUR_PER_TENANT: 1 };
const done = (result: unknown): QuickOutcome => ({
  type: 'ended',
  end: { type: 'completed', result },
  isRepeat: false,
});

/** A runner whose calls end when the test says so. */
function createRunner() {
  const begun: QuickCall[] = [];
  const recorded: string[] = [];
  const stopped: string[] = [];
  const unrecorded: QuickCall[] = [];
  let answer = (_: QuickCall): Promise<QuickOutcome> => Promise.resolve(done('quick'));
  const runner: QuickRunner = {
    run(quick) {
      begun.push(quick);
      return answer(quick);
    },
    recorded: async ({ call }) => void recorded.push(call.call_id),
    stop: async ({ call }) => void stopped.push(call.call_id),
    unrecorded: async () => unrecorded,
  };
  return {
    runner,
    begun,
    recorded,
    stopped,
    unrecorded,
    will: (next: typeof answer) => (answer = next),
  };
}

let made: ReturnType<typeof createRunner>;
let client: McpTestClient;
async function open(
  limits = {},
  { settings, collect_ms }: { settings?: QuotaSettings; collect_ms?: number } = {},
) {
  await stage.api.app.close();
  await stage.open(1_000, { grace_ms: 50, ...limits }, made.runner, { settings, collect_ms });
  client = createMcpTestClient(stage.url, { path: '/mcp/tools', tasks: false });
}
beforeEach(async () => {
  made = createRunner();
  await open();
});
afterEach(() => void vi.restoreAllMocks());

const call = (callId: string, input: object = { words: 'hi' }) =>
  client.call('echo', input, { meta: { threadId: 'thread_1', callId } });
const entries = async () =>
  (await stage.api.store.entries(await stage.only(), { after: 0, limit: 99 }))!.entries;
const kinds = async () => (await entries()).map(({ kind }) => kind);
const next = (text: string) => JSON.parse(/next_results\((.*?)\)/.exec(text)![1]!);

test('a call that ends within the grace time is answered first and logged then, as delivered', async () => {
  expect(words(await call('c1'))).toEqual(['quick']);
  await vi.waitFor(async () =>
    expect(await kinds()).toEqual(['call.requested', 'call.started', 'call.completed', 'receipt']),
  );
  expect((await entries()).at(-1)).toMatchObject({ fate: 'delivered', of: [3] });
  expect(made.recorded).toHaveLength(1);
  expect(stage.played.calls.map(({ method }) => method)).not.toContain('requestCall');
});

test('a failure is answered as such', async () => {
  const error = { type: 'ToolError', message: 'The disk is full.' };
  made.will(async () => ({ type: 'ended', end: { type: 'failed', error }, isRepeat: false }));
  const result = await call('c1');
  expect([result.isError, words(result)[0]]).toEqual([
    true,
    expect.stringContaining('The disk is full. (ToolError)'),
  ]);
});

test('several calls are logged with one signal', async () => {
  // Only the close ends the collection, however long the calls take.
  await open({}, { collect_ms: NEVER_MS });
  for (const each of ['c1', 'c2', 'c3']) await call(each);
  const recorded = () => stage.played.calls.filter(({ method }) => method === 'recordCalls');
  expect(recorded()).toEqual([]);
  await stage.api.app.close();
  expect(made.recorded).toHaveLength(3);
  // The first attempt finds that the conversation has not begun.
  const three = { calls: [expect.anything(), expect.anything(), expect.anything()] };
  expect(recorded().map(({ payload }) => payload)).toEqual([three, three]);
});

test('a call that takes longer is handed over to its conversation, once, and suspended', async () => {
  made.will(async () => ({ type: 'goes_on' }));
  const text = words(await call('c1'))[0]!;
  expect(text).toMatch(/^Suspended as call_/);
  expect(await kinds()).toEqual(['call.requested', 'call.started']);
  expect(made.recorded).toHaveLength(1);
  await stage.played.play((story) =>
    story.ends(story.state.calls[0]!.id, { type: 'completed', result: 'late' }),
  );
  expect(words(await client.call('next_results', next(text)))[0]).toContain('its last: late');
});

test('a result that was delivered is not told again, and the one after it is', async () => {
  await call('c1');
  await vi.waitFor(() => expect(made.recorded).toHaveLength(1));
  made.will(async () => ({ type: 'goes_on' }));
  const text = words(await call('c2'))[0]!;
  expect(next(text).after, 'the client has the first result').toBe(3);
  await stage.played.play((story) =>
    story.ends(story.state.calls[0]!.id, { type: 'completed', result: 'late' }),
  );
  const news = words(await client.call('next_results', { ...next(text), after: 0 }))[0];
  expect(news).toContain('its last: late');
  expect(news).not.toContain('quick');
});

/** A client calls, and is gone when the result comes. */
async function hangsUpDuring(result: string) {
  const away = new AbortController();
  const ended = Promise.withResolvers<QuickOutcome>();
  made.will(() => ended.promise);
  const hungUp = new Promise<void>((resolve) =>
    stage.api.app.server.once('request', (_, response) => response.once('close', resolve)),
  );
  const meta = { threadId: 'thread_1', callId: 'c1' };
  const calling = client.call('echo', { words: 'hi' }, { meta, signal: away.signal });
  await vi.waitFor(() => expect(made.begun).toHaveLength(1));
  away.abort();
  await expect(calling).rejects.toThrow();
  await hungUp;
  ended.resolve(done(result));
}

test('late-result-discarded: what came after its client had hung up is told by next_results', async () => {
  await hangsUpDuring('late');
  await vi.waitFor(() => expect(made.recorded).toHaveLength(1));
  const { id: conversation_id } = await stage.only();
  const news = await client.call('next_results', { conversation_id });
  expect(words(news)[0]).toContain('its last: late');
});

test('timeout-retry-loop: the same call again joins the one that is under way', async () => {
  const ended = Promise.withResolvers<QuickOutcome>();
  made.will(() => ended.promise);
  const both = [call('c1'), call('c1')];
  await vi.waitFor(() => expect(made.begun).toHaveLength(1));
  ended.resolve(done('once'));
  expect((await Promise.all(both)).map(words)).toEqual([['once'], ['once']]);
  expect(made.begun).toHaveLength(1);
});

test('a repeat that finds the call over is answered and not logged again', async () => {
  await call('c1');
  await vi.waitFor(() => expect(made.recorded).toHaveLength(1));
  const before = await kinds();
  made.will(async () => ({ ...done('known'), isRepeat: true }) as QuickOutcome);
  expect(words(await call('c1'))).toEqual(['known']);
  expect(made.recorded).toHaveLength(1);
  expect(await kinds()).toEqual(before);
});

test('a result that came after its client had hung up is told by a repeat of the call, and by that alone', async () => {
  await hangsUpDuring('late');
  await vi.waitFor(() => expect(made.recorded).toHaveLength(1));
  made.will(async () => ({ ...done('late'), isRepeat: true }) as QuickOutcome);
  expect(words(await call('c1'))).toEqual(['late']);
  const { id: conversation_id } = await stage.only();
  const news = await client.call('next_results', { conversation_id, wait_seconds: 0 });
  expect(words(news)[0]).not.toContain('late');
  await vi.waitFor(async () =>
    expect((await entries()).at(-1)).toMatchObject({ kind: 'receipt', fate: 'delivered', of: [3] }),
  );
});

describe('a call is requested as any other', () => {
  const requested = () => stage.played.calls.filter(({ method }) => method === 'requestCall');

  test('if its tool cannot be called ahead of a workflow', async () => {
    made.will(async () => ({ type: 'not_quick' }));
    void call('c1');
    await vi.waitFor(() => expect(requested()).not.toEqual([]));
    expect(requested()[0]!.payload).not.toHaveProperty('begun');
  });

  test('if as many are open as may run (R9)', async () => {
    await open({ max_running: 1 });
    made.will(async () => ({ type: 'goes_on' }));
    await call('c1');
    await call('c2');
    expect(made.begun).toHaveLength(1);
    expect((await stage.api.store.conversation(await stage.only()))?.calls).toMatchObject([
      { status: 'running' },
      { status: 'queued' },
    ]);
  });
});

test('the conversations that quick calls begin count against the limit of the tenant', async () => {
  await open({}, { settings: ONE_CONVERSATION });
  const inThread = (threadId: string, callId: string) =>
    client.call('echo', { words: 'hi' }, { meta: { threadId, callId } });
  expect(words(await inThread('thread_1', 'c1'))).toEqual(['quick']);
  expect(words(await inThread('thread_1', 'c2')), 'it has begun').toEqual(['quick']);
  const refused = await inThread('thread_2', 'c3');
  expect([refused.isError, words(refused)[0]]).toEqual([
    true,
    expect.stringContaining('more than 1 new conversations'),
  ]);
  expect(made.begun).toHaveLength(2);
});

test('a call that is not quick after all is counted once', async () => {
  await open({}, { settings: ONE_CONVERSATION });
  made.will(async () => ({ type: 'not_quick' }));
  expect(words(await call('c1'))[0]).toMatch(/^Suspended as call_/);
});

describe('a call that an earlier process did not report', () => {
  const quick = (call_id: string): QuickCall => ({
    conversation: { tenant: 'default', id: 'conv_1' },
    agent: 'client:test',
    thread: 'thread_1',
    call: { call_id, tool: 'echo', input: { words: 'hi' } },
  });

  async function startAgain(left: QuickCall) {
    const { store, bus } = stage.api;
    await stage.api.app.close();
    made = createRunner();
    made.unrecorded.push(left);
    const earlier = { store, bus, gateway: stage.played };
    await stage.open(1_000, { grace_ms: 50 }, made.runner, { earlier });
  }

  test('is handed over to its conversation, which begins with it', async () => {
    made.unrecorded.push(quick('call_a'));
    await open();
    await vi.waitFor(() => expect(made.recorded).toEqual(['call_a']));
    expect(await kinds()).toEqual(['call.requested', 'call.started']);
  });

  test('is handed over though the conversation of another call cannot be reached', async () => {
    made.unrecorded.push({ ...quick('call_a'), conversation: { tenant: 'default', id: 'conv_2' } });
    made.unrecorded.push(quick('call_b'));
    const { store, bus } = stage.api;
    const gateway = stage.played;
    const request = gateway.requestCall.bind(gateway);
    vi.spyOn(gateway, 'requestCall').mockImplementation((conversation, ...given) => {
      if (conversation.id === 'conv_2') throw new Error('This conversation does not answer.');
      return request(conversation, ...given);
    });
    await stage.api.app.close();
    await stage.open(1_000, { grace_ms: 50 }, made.runner, { earlier: { store, bus, gateway } });
    await vi.waitFor(() => expect(made.recorded).toEqual(['call_b']));
  });

  test('is stopped if its conversation has closed', async () => {
    await call('c1');
    await vi.waitFor(() => expect(made.recorded).toHaveLength(1));
    const { conversation } = made.begun[0]!;
    await stage.played.close(conversation, {});
    await startAgain({ ...quick('call_b'), conversation });
    await vi.waitFor(() => expect(made.recorded).toContain('call_b'));
    expect(made.stopped).toEqual(['call_b']);
  });

  test('is left alone if the log of its conversation has it', async () => {
    await call('c1');
    await vi.waitFor(() => expect(made.recorded).toHaveLength(1));
    const known = made.begun[0]!;
    await startAgain(known);
    await vi.waitFor(() => expect(made.recorded).toEqual([known.call.call_id]));
    expect(await kinds()).toHaveLength(4);
  });
});

test('a service that closes reports its calls to their conversation first', async () => {
  await call('c1');
  await stage.api.app.close();
  expect(await kinds()).toHaveLength(4);
});

test('while Temporal is unavailable, the client is answered, and the call is reported later', async () => {
  const failure = new Error('Temporal does not answer.');
  stage.played.failure = failure;
  expect(words(await call('c1'))).toEqual(['quick']);
  await vi.waitFor(() => expect(stage.played.calls.length).toBeGreaterThan(0));
  expect(made.recorded).toEqual([]);
  stage.played.failure = undefined;
  await vi.waitFor(() => expect(made.recorded).toHaveLength(1), 5_000);
});
