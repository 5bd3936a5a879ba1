import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { Story } from '../../test/kit/story.ts';
import { createMcpTestClient, type McpTestClient } from '../../test/kit/mcp-client.ts';
import { useMcp, words } from '../../test/kit/mcp-stage.ts';

const stage = useMcp();
const path = '/mcp/tools';
let client: McpTestClient;
let plain: McpTestClient;
async function open(grace_ms: number) {
  await stage.api.app.close();
  await stage.open(60_000, { grace_ms });
  client = createMcpTestClient(stage.url, { path });
  plain = createMcpTestClient(stage.url, { path, tasks: false });
}

const HI = { words: 'hi' };
/** The one call that runs. */
const running = (story: Story) => story.state.calls.find(({ status }) => status === 'running')!.id;
const ends = (result: unknown) =>
  stage.played.play((story) => story.ends(running(story), { type: 'completed', result }));
const partial = (n: number, data: unknown) =>
  stage.played.play((story) =>
    story.progress(running(story), n, 0, { event: 'result', data, percent: undefined }),
  );
const isRunning = () =>
  vi.waitFor(async () => {
    const { conversations } = await stage.api.store.list('default', { limit: 10 });
    expect(conversations.flatMap(({ calls }) => calls)).toMatchObject([{ status: 'running' }]);
  });
const receipts = async () => {
  const page = await stage.api.store.entries(await stage.only(), {
    after: 0,
    limit: 99,
    kinds: ['receipt'],
  });
  return page!.entries;
};
const next = (text: string) => JSON.parse(/next_results\((.*?)\)/.exec(text)![1]!);

describe('a tool of the service, offered to another model,', () => {
  beforeEach(() => open(60_000));

  test('has its own name and schema, and its description says how many results it has', async () => {
    const { tools } = await plain.request('tools/list');
    expect(tools.map(({ name }: { name: string }) => name)).toEqual([
      'echo',
      'list_calls',
      'next_results',
      'cancel_call',
    ]);
    expect(tools[0]).toMatchObject({
      description: 'Says it again. Returns 1 or more asynchronous results.',
      inputSchema: { type: 'object', properties: { words: { type: 'string' } } },
    });
  });

  test('returns its result unchanged if that comes soon', async () => {
    const calling = plain.call('echo', HI);
    await isRunning();
    await ends({ said: 'hi' });
    const { content, isError } = await calling;
    expect([content, isError]).toEqual([[{ type: 'text', text: '{"said":"hi"}' }], undefined]);
    expect((await stage.api.store.conversation(await stage.only()))?.agent).toBe('client:test');
  });

  test('has no result in next_results that was the answer to its call', async () => {
    const calling = plain.call('echo', HI);
    await isRunning();
    await partial(1, 'first');
    await ends('second');
    const { _meta: meta } = await calling;
    await vi.waitFor(async () => expect(await receipts()).toMatchObject([{ fate: 'delivered' }]));
    const { conversation_id } = meta.meanwhile;
    const told = await plain.call('next_results', { conversation_id });
    expect(words(told)[0]).toMatch(/^Nothing new/);
  });

  test('fails as its tool does', async () => {
    const calling = plain.call('echo', HI);
    await isRunning();
    const error = { type: 'ToolError', message: 'The disk is full.' };
    await stage.played.play((story) => story.ends(running(story), { type: 'failed', error }));
    const result = await calling;
    expect(result.isError).toBe(true);
    expect(words(result)[0]).toContain('The disk is full. (ToolError)');
  });

  test('is refused before it runs, if its arguments do not fit', async () => {
    const result = await plain.call('echo', { words: 3 });
    expect(result.isError).toBe(true);
    expect(words(result)[0]).toMatch(/^Invalid arguments: words/);
    expect(stage.played.calls).toEqual([]);
  });
});

describe('a call that takes longer than the grace time', () => {
  beforeEach(() => open(100));

  test('is a task, which has all of its results', async () => {
    const task = await client.call('echo', HI);
    expect(task).toMatchObject({ resultType: 'task', status: 'working' });
    await partial(1, 'first');
    await ends('second');
    const ended = await client.request('tasks/get', { taskId: task.taskId });
    expect([ended.status, words(ended.result)]).toEqual(['completed', ['first', 'second']]);
  });

  test('is cancelled with its task', async () => {
    const { taskId } = await client.call('echo', HI);
    await client.request('tasks/cancel', { taskId });
    expect(await client.request('tasks/get', { taskId })).toMatchObject({ status: 'cancelled' });
    const head = await stage.api.store.conversation(await stage.only());
    expect(head?.calls).toMatchObject([{ status: 'cancelled' }]);
  });

  test('is suspended for a client without tasks, which acknowledges its numbered results with the next call', async () => {
    const suspended = await plain.call('echo', HI);
    const [text] = words(suspended);
    expect(text).toMatch(
      /^Suspended as call_\w+: this is not the result\. .*1 or more asynchronous results/,
    );
    const first = next(text!);
    await partial(1, 'first');
    const one = await plain.call('next_results', first);
    expect(words(one)[0]).toMatch(
      /^\[result \d+\] call_\w+, more may follow: first\necho \(call_\w+\): running\nMore may come/,
    );
    expect(await plain.call('next_results', first), 'not acknowledged: told again').toEqual(one);
    expect(await receipts()).toEqual([]);

    const second = next(words(one)[0]!);
    await ends('second');
    const two = await plain.call('next_results', second);
    expect(words(two)[0]).toMatch(/^\[result \d+\] call_\w+, its last: second\nNo call is open/);
    await vi.waitFor(async () => {
      expect(await receipts()).toMatchObject([{ fate: 'acknowledged', of: [second.after] }]);
    });
  });

  test('does not skip results of other calls of its thread that the client does not have yet', async () => {
    const named = (callId: string) => ({ meta: { threadId: 'thread_1', callId } });
    await plain.call('echo', HI, named('c1'));
    await partial(1, 'of the first');
    await plain.call('echo', HI, named('c2'));
    await stage.played.play((story) => {
      const { id } = story.state.calls.findLast(({ status }) => status === 'running')!;
      story.progress(id, 1, 0, { event: 'result', data: 'of the second', percent: undefined });
    });
    const [suspended] = words(await plain.call('echo', HI, named('c2')));
    expect(suspended).toContain('of the second');
    const told = words(await plain.call('next_results', next(suspended!)))[0];
    expect(told).toContain('more may follow: of the first');
  });

  test('waits for its results as a task that ends with the first', async () => {
    const suspended = await plain.call('echo', HI);
    const { taskId } = await client.call('next_results', next(words(suspended)[0]!));
    await partial(1, 'first');
    const ended = await client.request('tasks/get', { taskId });
    expect(words(ended.result)[0]).toMatch(
      /^\[result \d+\] call_\w+, more may follow: first\nMore may come/,
    );
  });

  test('is waited for by its id: results of others wake nobody, and come with its own', async () => {
    const named = (callId: string) => ({ meta: { threadId: 'thread_1', callId } });
    await plain.call('echo', HI, named('c1'));
    const [suspended] = words(await plain.call('echo', HI, named('c2')));
    const { conversation_id } = next(suspended!);
    const [first, second] = (await stage.api.store.conversation(await stage.only()))!.calls;
    const brings = (call_id: string, data: string) =>
      stage.played.play((story) =>
        story.progress(call_id, 1, 0, { event: 'result', data, percent: undefined }),
      );
    const of = (call: { id: string }) => ({ conversation_id, after: 0, calls: [call.id] });
    const { taskId } = await client.call('next_results', of(second!));
    await brings(first!.id, 'of the first');
    expect(await client.request('tasks/get', { taskId })).toMatchObject({ status: 'working' });
    expect(words(await plain.call('next_results', { ...of(first!), wait_seconds: 0 }))[0]).toMatch(
      /^\[result \d+\] call_\w+, more may follow: of the first/,
    );

    await brings(second!.id, 'of the second');
    const ended = await client.request('tasks/get', { taskId });
    expect(ended.status).toBe('completed');
    const told = words(ended.result)[0]!;
    expect(told).toMatch(/of the first\n[^]*of the second/);
    const after = words(await plain.call('next_results', of(second!)))[0]!;
    expect(next(told).after, 'the cursor covers both').toBe(next(after).after);
  });

  test('is told from the beginning to a client whose cursor is not in the log, as after a reset', async () => {
    const suspended = await plain.call('echo', HI);
    await partial(1, 'first');
    const { conversation_id } = next(words(suspended)[0]!);
    const told = await plain.call('next_results', { conversation_id, after: 99 });
    expect(words(told)[0]).toContain('more may follow: first');
  });

  test('that is unknown or told whole is not waited for', async () => {
    const suspended = await plain.call('echo', HI);
    await partial(1, 'first');
    const { conversation_id } = next(words(suspended)[0]!);
    const asked = { conversation_id, after: 0, calls: ['call_unknown'] };
    expect(words(await plain.call('next_results', asked))[0]).toContain('more may follow: first');
  });

  test('runs once even if its harness gave up and calls again', async () => {
    const meta = { threadId: 'thread_1', callId: 'c1' };
    const first = await plain.call('echo', HI, { meta });
    const again = await plain.call('echo', HI, { meta });
    expect(words(again)).toEqual(words(first));
    const other = await plain.call('echo', HI, { meta: { ...meta, callId: 'c2' } });
    expect(words(other)).not.toEqual(words(first));
    const head = await stage.api.store.conversation(await stage.only());
    expect(head?.calls, 'one thread is one conversation').toHaveLength(2);
  });

  test('is listed for a client that has lost the ids', async () => {
    expect(words(await plain.call('list_calls'))[0]).toBe('There are no calls.');
    await plain.call('echo', HI);
    const [line] = words(await plain.call('list_calls'));
    expect(line).toMatch(/^call_\w+ echo: running\. next_results\(/);
    const told = await plain.call('next_results', { ...next(line!), wait_seconds: 0 });
    expect(words(told)[0]).toContain('echo');
  });

  test('has the beginning of a large result, and all of it as a resource', async () => {
    const suspended = await plain.call('echo', HI);
    const key = await stage.only();
    const whole = 'x'.repeat(20_000) + 'the end';
    await stage.played.play((story) => {
      const call_id = running(story);
      void stage.api.store.keepResult(key, { call_id, n: 'end' }, JSON.stringify(whole));
      const stored = { n: 'end' as const, bytes: whole.length, head: 'xxx' };
      story.ends(call_id, { type: 'completed', result: null, stored });
    });
    const [text] = words(await plain.call('next_results', next(words(suspended)[0]!)));
    const uri = /its last: xxx … \(20007 bytes in all: read the resource (\S+)\)/.exec(text!)![1]!;
    const read = async (from: string) =>
      (await plain.request('resources/read', { uri: uri + from })).contents[0].text;
    expect(await read('')).toMatch(/^x{20000}\n… \(goes on at \?from=20000\)$/);
    expect(await read('?from=20000')).toBe('the end');
    await expect(read('7')).rejects.toMatchObject({
      message: expect.stringContaining('not found'),
    });
  });
});
