import { describe, expect, test, vi } from 'vitest';
import { GatewayUnavailable } from '../../api/gateway.ts';
import { useMcp, words } from '../../test/kit/mcp-stage.ts';

const stage = useMcp();

describe('a client without tasks', () => {
  test('gets the answer of its call if it comes in time, and progress until then', async () => {
    const seen: string[] = [];
    const answer = stage.plain.call(
      'ask_default',
      { text: 'Install it.' },
      { meta: { progressToken: 1 }, onNotification: ({ params }) => seen.push(params.message) },
    );
    await vi.waitFor(stage.only);
    await stage.startsCall();
    await vi.waitFor(() => expect(seen.at(-1)).toMatch(/^On my way|^echo/));
    await stage.endsCall();
    expect(words(await answer)[0]).toBe('On my way.\n\nDone.');
  });

  test('is answered as suspended before it times out, with the next call to make, which returns the rest once', async () => {
    await stage.api.app.close();
    await stage.open(1_000);
    const asking = stage.plain.call('ask_default', { text: 'Install it.' });
    await vi.waitFor(stage.only);
    await stage.startsCall();
    const [text] = words(await asking);
    expect(text).toContain('this is not the answer yet');
    expect(text).toContain('[result 3] On my way.');
    const next = JSON.parse(/next_results\((.*?)\)/.exec(text!)![1]!);
    const waiting = stage.plain.call('next_results', { ...next, wait_seconds: 1 });
    await stage.endsCall();
    const later = await waiting;
    expect(words(later)[0]).toMatch(/^\[result \d+\] Done\.\nThe agent is at rest/);
    expect(words(later)[0]).not.toContain('On my way');
    const { cursor: after } = later._meta.meanwhile;
    const again = await stage.plain.call('next_results', { ...next, after });
    expect(words(again)[0]).toMatch(/^Nothing new .*\nThe agent is at rest/);
  });

  test('is answered at once when the service stops', async () => {
    const asking = stage.plain.call('ask_default', { text: 'Install it.' });
    await vi.waitFor(stage.only);
    await stage.api.app.close();
    expect(words(await asking)[0]).toContain('Suspended');
  });

  test('that disconnects ends no work', async () => {
    const away = new AbortController();
    const asking = stage.plain.call(
      'ask_default',
      { text: 'Install it.' },
      { signal: away.signal },
    );
    await vi.waitFor(stage.only);
    away.abort();
    await asking.catch(() => {});
    await stage.startsCall();
    expect(await stage.api.store.conversation(await stage.only())).toMatchObject({
      status: 'idle',
      calls: [{ status: 'running' }],
    });
  });
});

describe('next_results', () => {
  test('becomes a task if there is no result yet, and ends with the first one', async () => {
    const conversation_id = await stage.begin('Install it.');
    await stage.startsCall();
    const first = await stage.client.call('next_results', { conversation_id });
    expect(words(first)[0]).toContain(
      '[result 3] On my way.\necho (call_1): running\nMore may come.',
    );
    const task = await stage.client.call('next_results', { conversation_id, after: 3 });
    expect(task).toMatchObject({ resultType: 'task', status: 'working' });
    await stage.endsCall('Done.');
    const ended = await stage.client.request('tasks/get', { taskId: task.taskId });
    expect(words(ended.result)[0]).toMatch(/^\[result \d+\] Done\.\nMore may come/);
    await stage.client.call('send_message', { conversation_id, text: 'And?' });
    await stage.played.play((story) => story.model('Nothing.'));
    expect((await stage.client.request('tasks/get', { taskId: task.taskId })).result).toEqual(
      ended.result,
    );
  });

  test('ends without a result if there will be none', async () => {
    const conversation_id = await stage.begin('Install it.');
    await stage.startsCall();
    const task = await stage.client.call('next_results', { conversation_id, after: 3 });
    await stage.client.call('cancel_call', { conversation_id, call_id: 'call_1' });
    const ended = await stage.client.request('tasks/get', { taskId: task.taskId });
    expect(words(ended.result)[0]).toMatch(/^Nothing new after result 3\.\nThe agent is at rest/);
  });

  test('stops no work when its task is cancelled', async () => {
    const conversation_id = await stage.begin('Install it.');
    await stage.startsCall();
    const { taskId } = await stage.client.call('next_results', { conversation_id, after: 3 });
    await stage.client.request('tasks/cancel', { taskId });
    expect((await stage.api.store.conversation(await stage.only()))?.calls).toMatchObject([
      { status: 'running' },
    ]);
  });
});

describe('the other tools', () => {
  test('start, talk to, interrupt and read a conversation', async () => {
    const conversation_id = await stage.begin('Hello');
    await stage.played.play((story) => story.model('Hi.'));
    await stage.plain.call('send_message', { conversation_id, text: 'Install it.' });
    await stage.startsCall();
    await stage.plain.call('interrupt', { conversation_id, scope: 'all', text: 'Stop!' });
    await stage.played.play((story) => story.model('Stopped.'));
    const [text] = words(await stage.plain.call('next_results', { conversation_id, after: 3 }));
    expect(text).toMatch(/On my way\.\n\[result \d+\] Stopped\.\nThe agent is at rest/);
    const { resources } = await stage.plain.request('resources/list');
    const { contents } = await stage.plain.request('resources/read', {
      uri: `${resources[0].uri}?limit=1`,
    });
    expect(JSON.parse(contents[0].text)).toMatchObject({
      entries: [{ kind: 'message.user', text: 'Hello' }],
      next_after: 1,
    });
  });

  test.each([
    [
      'send_message',
      { conversation_id: 'conv_none', text: 'x' },
      /^conversation_not_found.*start_conversation/,
    ],
    ['next_results', { conversation_id: 'conv_none' }, /^conversation_not_found/],
    [
      'start_conversation',
      { agent: 'nobody' },
      /^unknown_agent: There is no agent nobody\. Known agents: default, helper/,
    ],
    ['ask_default', { text: ' ' }, /^Invalid arguments: text/],
    ['ask_default', { text: 'x', lots: 1 }, /^Invalid arguments: .*lots/],
    ['interrupt', { conversation_id: 'x', scope: 'none' }, /^Invalid arguments: scope/],
  ])('explain an error in words for a model: %s %j', async (name, input, message) => {
    const { isError, ...result } = await stage.plain.call(name, input);
    expect(isError).toBe(true);
    expect(words(result)[0]).toMatch(message);
  });

  test('say that nothing is lost while Temporal is unavailable', async () => {
    stage.played.failure = new GatewayUnavailable('Temporal does not answer.');
    const result = await stage.plain.call('start_conversation', { text: 'Hello' });
    expect(words(result)[0]).toMatch(/^temporal_unavailable: .*Try the same call again/);
  });

  test('refuse to continue the conversation of another agent', async () => {
    const conversation_id = await stage.begin();
    const result = await stage.plain.call('ask_helper', { text: 'Hello', conversation_id });
    expect(words(result)[0]).toContain('a conversation with default, not with helper');
  });

  test('cannot be called by an unknown name', async () => {
    await expect(stage.plain.call('ask_nobody')).rejects.toMatchObject({ code: -32602 });
  });
});
