/** A harness may ask for results while it waits for the answer to a call of the same thread: each result comes in one of the two. */
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createTestApi } from '../../test/kit/api.ts';
import { LIMITS, type Story } from '../../test/kit/story.ts';
import { createMcpTestClient, type McpTestClient } from '../../test/kit/mcp-client.ts';
import { useMcp, words } from '../../test/kit/mcp-stage.ts';

const stage = useMcp();
const LONG = 60_000;

async function open(grace_ms = LONG, tasks = false): Promise<McpTestClient> {
  await stage.api.app.close();
  await stage.open(LONG, { grace_ms });
  return createMcpTestClient(stage.url, { path: '/mcp/tools', tasks });
}

/** Request of a call of one thread. */
const call = (harness: McpTestClient, callId: string, more: { signal?: AbortSignal } = {}) =>
  harness.call('echo', { words: callId }, { meta: { threadId: 'thread_1', callId }, ...more });

const isRunning = (count: number) =>
  vi.waitFor(async () => {
    const { conversations } = await stage.api.store.list('default', { limit: 10 });
    const open = conversations.flatMap(({ calls }) => calls);
    expect(open.filter(({ status }) => status === 'running')).toHaveLength(count);
  });
const nth = (story: Story, n: number) => story.log.filter(isRequest)[n - 1]!.call_id;
const isRequest = (entry: Story['log'][number]) => entry.kind === 'call.requested';
/** @param n which of the calls */
const ends = (n: number, result: string) =>
  stage.played.play((story) => story.ends(nth(story, n), { type: 'completed', result }));
const partial = (n: number, nthEvent: number, data: string) =>
  stage.played.play((story) =>
    story.progress(nth(story, n), nthEvent, 0, { event: 'result', data, percent: undefined }),
  );
const next = (text: string) => JSON.parse(/next_results\((.*?)\)/.exec(text)![1]!);

const poll = async (harness: McpTestClient, more: object = {}) => {
  const { id: conversation_id } = await stage.only();
  return harness.call('next_results', { conversation_id, ...more });
};
const told = (answer: { content: { text: string }[] }) => words(answer)[0]!;

/** The signal that says what was sent with its call does not get through. */
function losesReceipts(): void {
  stage.played.deliver = async () => {
    throw new Error('Temporal is away.');
  };
}

describe('a client that asks for results while one of its calls is being answered', () => {
  test('is told the result of that call as its answer alone, even if the receipt never comes', async () => {
    const harness = await open();
    losesReceipts();
    const calling = call(harness, 'c1');
    await isRunning(1);
    const waiting = poll(harness);
    await ends(1, 'one');
    expect(words(await calling)).toEqual(['one']);
    expect(told(await waiting)).toMatch(/^Nothing new after result 0\.\nNo call is open/);
    expect(told(await poll(harness))).toMatch(/^Nothing new after result 0\.\nNo call is open/);
  });

  test('is told what came before the first result of that call, and later what came after it', async () => {
    const harness = await open();
    const hangsUp = new AbortController();
    const gone = call(harness, 'c1', { signal: hangsUp.signal });
    await isRunning(1);
    hangsUp.abort();
    await expect(gone).rejects.toThrow();
    const calling = call(harness, 'c2');
    await isRunning(2);
    await partial(1, 1, 'x');
    await partial(2, 1, 'y');
    await partial(1, 2, 'z');
    const first = told(await poll(harness));
    expect(first).toMatch(/^\[result \d+\] call_\w+, more may follow: x\n/);
    expect(first).not.toMatch(/follow: [yz]/);
    await ends(2, 'two');
    expect(words(await calling)).toEqual(['y', 'two']);
    const second = told(await poll(harness, next(first)));
    expect(second).toMatch(/^\[result \d+\] call_\w+, more may follow: z\n/);
    expect(second).not.toContain('two');
  });

  test('is told the result once the client of that call has disconnected', async () => {
    const harness = await open();
    const hangsUp = new AbortController();
    const gone = call(harness, 'c1', { signal: hangsUp.signal });
    await isRunning(1);
    await partial(1, 1, 'x');
    const early = told(await poll(harness, { wait_seconds: 0 }));
    expect(early).toMatch(/^Nothing new after result 0\.\n.*\nMore may come/);
    const waiting = poll(harness, next(early));
    hangsUp.abort();
    await expect(gone).rejects.toThrow();
    expect(told(await waiting)).toContain('more may follow: x');
  });

  test('is told the result once that call was answered as suspended', async () => {
    const harness = await open(500);
    const calling = call(harness, 'c1');
    await isRunning(1);
    const waiting = poll(harness);
    await partial(1, 1, 'x');
    expect(told(await calling)).toMatch(/^Suspended as .*\nSo far:\n\[result (\d+)\].*: x\n/s);
    expect(told(await waiting)).toContain('more may follow: x');
  });

  test('as a task is not told the result of that call either', async () => {
    const harness = await open(LONG, true);
    losesReceipts();
    const calling = call(harness, 'c1');
    await isRunning(1);
    const { taskId } = await poll(harness);
    await partial(1, 1, 'x');
    expect(await harness.request('tasks/get', { taskId })).toMatchObject({ status: 'working' });
    await ends(1, 'one');
    expect(words(await calling)).toEqual(['x', 'one']);
    const { result } = await harness.ended(taskId);
    expect(told(result)).toMatch(/^Nothing new after result 0\.\nNo call is open/);
  });

  test('at another process is told nothing of that call within its grace time', async () => {
    const harness = await open();
    const gone = call(harness, 'c0');
    await isRunning(1);
    await ends(1, 'zero');
    await gone;
    // The log says when the call was requested.
    await stage.played.play((story) => void (story.now = Date.now()));
    const calling = call(harness, 'c1');
    await isRunning(1);
    const { store, bus } = stage.api;
    const limits = { ...LIMITS, grace_ms: LONG };
    const other = await createTestApi({ store, bus, gateway: stage.played, limits });
    onTestFinished(() => other.app.close());
    const elsewhere = createMcpTestClient(await other.listen(), {
      path: '/mcp/tools',
      tasks: false,
    });
    await partial(2, 1, 'x');
    expect(told(await poll(elsewhere, { wait_seconds: 0 }))).toMatch(/^Nothing new/);
    const waiting = poll(elsewhere);
    await ends(2, 'one');
    expect(words(await calling)).toEqual(['x', 'one']);
    expect(told(await waiting)).toMatch(/^Nothing new after result 0\.\nNo call is open/);
  });

  test('at another process is told the result when the grace time is over', async () => {
    const harness = await open(100);
    await call(harness, 'c0');
    await stage.played.play((story) => void (story.now = Date.now()));
    await call(harness, 'c1');
    const { store, bus } = stage.api;
    const other = await createTestApi({ store, bus, gateway: stage.played });
    onTestFinished(() => other.app.close());
    const elsewhere = createMcpTestClient(await other.listen(), {
      path: '/mcp/tools',
      tasks: false,
    });
    await partial(2, 1, 'x');
    expect(told(await poll(elsewhere))).toContain('more may follow: x');
  });
});
