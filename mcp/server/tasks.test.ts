import { describe, expect, test, vi } from 'vitest';
import { createMcpTestClient } from '../../test/kit/mcp-client.ts';
import { ASKED, useMcp, words } from '../../test/kit/mcp-stage.ts';
import { TTL_MS } from './questions.ts';

const stage = useMcp();

const waitsForAPerson = { ...ASKED, approval: { question: 'May I?', timeout_ms: 60_000 } };

describe('ask_<agent> as a task', () => {
  test('is working until the agent is at rest, and then has all of its replies', async () => {
    const task = await stage.client.call('ask_default', { text: 'Install it.' });
    expect(task).toMatchObject({ resultType: 'task', status: 'working', ttlMs: TTL_MS });
    const get = () => stage.client.request('tasks/get', { taskId: task.taskId });
    await stage.startsCall();
    const working = await get();
    expect(working).toMatchObject({ status: 'working', statusMessage: 'echo: running' });
    await stage.endsCall();
    const ended = await get();
    expect(ended).toMatchObject({ status: 'completed', createdAt: task.createdAt });
    expect(words(ended.result)[0]).toBe('On my way.\n\nDone.');
    await stage.client.call('send_message', {
      conversation_id: ended.result._meta.meanwhile.conversation_id,
      text: 'And now?',
    });
    await stage.played.play((story) => story.model('Now nothing.'));
    expect((await get()).result, 'an ended task does not change').toEqual(ended.result);
  });

  test('has an id that is valid on any connection and after a restart, and cannot be forged', async () => {
    const { taskId } = await stage.client.call('ask_default', { text: 'Hello' });
    expect(taskId).toMatch(/^[\w.-]{60,255}$/);
    const another = createMcpTestClient(stage.url);
    expect(await another.request('tasks/get', { taskId })).toMatchObject({ status: 'working' });
    const [payload, mac] = taskId.split('.');
    const forged = [
      `${payload}.${'A'.repeat(22)}`,
      `${payload!.slice(0, -4)}.${mac}`,
      'x',
      `${taskId}x`,
    ];
    for (const id of forged) {
      await expect(stage.client.request('tasks/get', { taskId: id })).rejects.toMatchObject({
        code: -32602,
        message: expect.stringContaining('There is no such task'),
      });
    }
  });

  test('expires', async () => {
    const { taskId } = await stage.client.call('ask_default', { text: 'Hello' });
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + TTL_MS });
    await expect(stage.client.request('tasks/get', { taskId })).rejects.toMatchObject({
      code: -32602,
      message: expect.stringContaining('expired'),
    });
  });

  test('asks a person for approval, after which the call runs', async () => {
    const { taskId } = await stage.client.call('ask_default', { text: 'Pay it.' });
    await stage.played.play((story) => {
      story.model('I have to ask.', waitsForAPerson);
      story.pass(2_000);
    });
    const waiting = await stage.client.request('tasks/get', { taskId });
    expect(waiting.status).toBe('input_required');
    expect(waiting.inputRequests.call_1).toMatchObject({
      method: 'elicitation/create',
      params: { message: 'May I?\necho {"words":"hi"}' },
    });
    const without = createMcpTestClient(stage.url, { elicits: false });
    const asSeen = await without.request('tasks/get', { taskId });
    expect(asSeen).toMatchObject({ status: 'working', statusMessage: /approval. May I\?/ });
    const update = (answer: object) =>
      stage.client.request('tasks/update', {
        taskId,
        inputResponses: { call_1: answer, other: answer },
      });
    await update({ action: 'cancel' });
    expect(await stage.client.request('tasks/get', { taskId })).toMatchObject({
      status: 'input_required',
    });
    await update({ action: 'accept', content: { approve: true } });
    expect(await stage.client.request('tasks/get', { taskId })).toMatchObject({
      status: 'working',
    });
    await update({ action: 'decline' });
    const approved = await stage.api.store.entries(await stage.only(), {
      after: 0,
      limit: 99,
      kinds: ['call.approved', 'call.denied'],
    });
    expect(approved?.entries).toMatchObject([{ kind: 'call.approved', actor: { id: 'test' } }]);
  });

  test('is denied with the reason that the person gives', async () => {
    const { taskId } = await stage.client.call('ask_default', { text: 'Pay it.' });
    await stage.played.play((story) => {
      story.model('I have to ask.', waitsForAPerson);
      story.pass(2_000);
    });
    const content = { approve: false, reason: 'Too dear.' };
    const inputResponses = { call_1: { action: 'accept', content } };
    await stage.client.request('tasks/update', { taskId, inputResponses });
    const page = await stage.api.store.entries(await stage.only(), {
      after: 0,
      limit: 99,
      kinds: ['call.denied'],
    });
    expect(page?.entries).toMatchObject([{ reason: 'Too dear.' }]);
  });

  test('is cancelled with its conversation if it started it', async () => {
    const { taskId } = await stage.client.call('ask_default', { text: 'Install it.' });
    await stage.startsCall();
    await stage.client.request('tasks/cancel', { taskId });
    expect(await stage.client.request('tasks/get', { taskId })).toMatchObject({
      status: 'cancelled',
    });
    expect(await stage.api.store.conversation(await stage.only())).toMatchObject({
      status: 'closed',
    });
    await stage.client.request('tasks/cancel', { taskId });
  });

  test('is cancelled without its conversation if it continued an earlier one', async () => {
    const first = await stage.begin();
    const { taskId } = await stage.client.call('ask_default', {
      text: 'Install it.',
      conversation_id: first,
    });
    await stage.startsCall();
    await stage.client.request('tasks/cancel', { taskId });
    expect(await stage.client.request('tasks/get', { taskId })).toMatchObject({
      status: 'cancelled',
    });
    expect(await stage.api.store.conversation(await stage.only())).toMatchObject({
      status: 'idle',
    });
  });

  test('stays as it is when it is cancelled after its end', async () => {
    const { taskId } = await stage.client.call('ask_default', { text: 'Hello' });
    await stage.played.play((story) => story.model('Hi.'));
    await stage.client.request('tasks/cancel', { taskId });
    expect(await stage.client.request('tasks/get', { taskId })).toMatchObject({
      status: 'completed',
    });
  });

  test('completes with an error when the model fails', async () => {
    const { taskId } = await stage.client.call('ask_default', { text: 'Hello' });
    await stage.played.play((story) => story.modelFails('The model is away.'));
    const { status, result } = await stage.client.request('tasks/get', { taskId });
    expect([status, result.isError]).toEqual(['completed', true]);
    expect(words(result)[0]).toContain('The model is away.');
  });

  test('is asked once even if its harness sends it twice', async () => {
    const meta = { 'claudecode/toolUseId': 'toolu_1' };
    const first = await stage.client.call('ask_default', { text: 'Hello' }, { meta });
    const second = await stage.client.call('ask_default', { text: 'Hello' }, { meta });
    expect(conversationIn(second.taskId)).toBe(conversationIn(first.taskId));
    const other = await stage.client.call('ask_default', { text: 'Goodbye' }, { meta });
    expect(conversationIn(other.taskId)).not.toBe(conversationIn(first.taskId));
    const headers = { 'idempotency-key': 'k' };
    const ids = [1, 2].map(() => stage.client.call('ask_default', { text: 'Hello' }, { headers }));
    const [one, two] = (await Promise.all(ids)).map(({ taskId }) => conversationIn(taskId));
    expect(one).toBe(two);
  });

  test('is refused for a client that does not declare tasks', async () => {
    const { taskId } = await stage.client.call('ask_default', { text: 'Hello' });
    for (const method of ['tasks/get', 'tasks/cancel', 'tasks/update']) {
      await expect(stage.plain.request(method, { taskId })).rejects.toMatchObject({ code: -32021 });
    }
  });
});

const conversationIn = (taskId: string): string =>
  JSON.parse(Buffer.from(taskId.split('.')[0]!, 'base64url').toString())[2];
