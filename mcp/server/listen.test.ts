import { describe, expect, test } from 'vitest';
import { useMcp, words } from '../../test/kit/mcp-stage.ts';

const stage = useMcp();

describe('subscriptions/listen', () => {
  test('reports each change of a task, including its end', async () => {
    const { taskId } = await stage.client.call('ask_default', { text: 'Install it.' });
    const away = new AbortController();
    const stream = stage.client.open(
      'subscriptions/listen',
      { notifications: { taskIds: [taskId, 'unknown'] } },
      { signal: away.signal },
    );
    const next = async () => (await stream.next()).value!;
    expect(await next()).toMatchObject({
      method: 'notifications/subscriptions/acknowledged',
      params: { notifications: { taskIds: [taskId] } },
    });
    expect(await next()).toMatchObject({
      method: 'notifications/tasks',
      params: { status: 'working' },
    });
    await stage.startsCall();
    expect((await next()).params).toMatchObject({ taskId, statusMessage: 'echo: running' });
    await stage.endsCall();
    let last = await next();
    while (last.params.status === 'working') last = await next();
    expect(words(last.params.result)[0]).toBe('On my way.\n\nDone.');
    away.abort();
  });

  test('ends with a result when the service stops', async () => {
    const { taskId } = await stage.client.call('ask_default', { text: 'Hello' });
    const stream = stage.client.open('subscriptions/listen', {
      notifications: { taskIds: [taskId] },
    });
    await stream.next();
    const closed = stage.api.app.close();
    const rest = [];
    for await (const message of stream) rest.push(message);
    expect(rest.at(-1)?.result).toMatchObject({ resultType: 'complete' });
    await closed;
  });

  test('with task ids needs the capability for tasks', async () => {
    await expect(
      stage.plain.request('subscriptions/listen', { notifications: { taskIds: ['x'] } }),
    ).rejects.toMatchObject({ code: -32021 });
  });

  test('reports that the log of a conversation has grown', async () => {
    const id = await stage.begin();
    const uri = `meanwhile://conversations/${id}/log`;
    const stream = stage.client.open('subscriptions/listen', {
      notifications: { resourceSubscriptions: [uri] },
    });
    await stream.next();
    await stage.api.post(`/v1/conversations/${id}/messages`, { text: 'Hello' });
    expect((await stream.next()).value).toMatchObject({
      method: 'notifications/resources/updated',
      params: { uri },
    });
  });
});
