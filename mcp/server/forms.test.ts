import { beforeEach, describe, expect, test, vi } from 'vitest';
import { createMcpTestClient, type McpTestClient } from '../../test/kit/mcp-client.ts';
import { useMcp, words } from '../../test/kit/mcp-stage.ts';
import type { Story } from '../../test/kit/story.ts';

const stage = useMcp();
const schema = {
  type: 'object',
  properties: { branch: { type: 'string' } },
  required: ['branch'],
};
const question = { id: 'q1', message: 'Which branch?', schema };
const running = ({ state }: Story) => state.calls.find(({ status }) => status === 'running')!.id;

/** The one call that runs asks this. */
const asksPerson = (asked: object = question) =>
  stage.played.play((story) => {
    const more = { question: asked, note: 'Waits for a person.' } as object;
    story.progress(running(story), 1, 0, more);
  });
const answers = async () => {
  const kinds = ['call.answered' as const];
  const page = await stage.api.store.entries(await stage.only(), { after: 0, limit: 99, kinds });
  return page!.entries;
};

describe('a call of an agent that asks a person', () => {
  test('makes the task input_required, and goes on with the answer', async () => {
    const { taskId } = await stage.client.call('ask_default', { text: 'Push it.' });
    await stage.startsCall();
    await asksPerson();
    const get = () => stage.client.request('tasks/get', { taskId });
    const waiting = await get();
    expect(waiting.status).toBe('input_required');
    expect(waiting.inputRequests).toEqual({
      'call_1.q1': {
        method: 'elicitation/create',
        params: { mode: 'form', message: 'Which branch?', requestedSchema: schema },
      },
    });
    const update = (answer: object) =>
      stage.client.request('tasks/update', { taskId, inputResponses: { 'call_1.q1': answer } });
    await expect(update({ action: 'accept', content: { branch: 3 } })).rejects.toThrow(
      /branch.*string/,
    );
    expect((await get()).status, 'nothing is lost').toBe('input_required');
    await update({ action: 'accept', content: { branch: 'main' } });
    expect((await get()).status).toBe('working');
    await update({ action: 'decline' });
    expect(await answers()).toMatchObject([
      { action: 'accept', content: { branch: 'main' }, actor: { type: 'user', id: 'test' } },
    ]);
  });

  test('names a page to visit in the message of its form', async () => {
    const { taskId } = await stage.client.call('ask_default', { text: 'Push it.' });
    await stage.startsCall();
    await asksPerson({ id: 'q1', message: 'Sign in.', url: 'https://example.com/' });
    const { inputRequests } = await stage.client.request('tasks/get', { taskId });
    expect(inputRequests['call_1.q1'].params.message).toBe(
      'Sign in.\nVisit https://example.com/, and accept when you have.',
    );
    const inputResponses = { 'call_1.q1': { action: 'accept', content: {} } };
    await stage.client.request('tasks/update', { taskId, inputResponses });
    expect(await answers()).toMatchObject([{ action: 'accept' }]);
  });
});

describe('a call of a client without tasks that asks a person', () => {
  const path = '/mcp/tools';
  let client: McpTestClient;
  beforeEach(async () => {
    await stage.api.app.close();
    await stage.open(60_000, { grace_ms: 60_000 });
    client = createMcpTestClient(stage.url, { path, tasks: false });
  });
  const isRunning = () =>
    vi.waitFor(async () => {
      const { conversations } = await stage.api.store.list('default', { limit: 10 });
      expect(conversations.flatMap(({ calls }) => calls)).toMatchObject([{ status: 'running' }]);
    });

  test('is answered with the question, and returns its result when it is called again with the answer', async () => {
    const calling = client.call('echo', { words: 'hi' });
    await isRunning();
    await asksPerson();
    const asked = await calling;
    expect(asked.resultType).toBe('input_required');
    const [[key, form]] = Object.entries<any>(asked.inputRequests) as [[string, any]];
    expect(form.params).toMatchObject({ message: 'Which branch?', requestedSchema: schema });

    const again = client.request('tools/call', {
      name: 'echo',
      arguments: { words: 'hi' },
      inputResponses: { [key]: { action: 'accept', content: { branch: 'main' } } },
      requestState: asked.requestState,
    });
    await vi.waitFor(async () => expect(await answers()).toMatchObject([{ action: 'accept' }]));
    await stage.played.play((story) => story.ends(running(story)));
    expect(words(await again)).toEqual(['done']);
    const { conversations } = await stage.api.store.list('default', { limit: 10 });
    expect(conversations).toHaveLength(1);
  });

  test('is suspended if the client cannot ask, and its model is told that a person is asked', async () => {
    await stage.api.app.close();
    await stage.open(60_000, { grace_ms: 100 });
    const deaf = createMcpTestClient(stage.url, { path, tasks: false, elicits: false });
    const calling = deaf.call('echo', { words: 'hi' });
    await isRunning();
    await asksPerson();
    const [text] = words(await calling);
    expect(text).toMatch(/^Suspended as .*Waits for a person\./s);
  });

  test('refuses a requestState that it did not give', async () => {
    const result = await client.request('tools/call', {
      name: 'echo',
      arguments: { words: 'hi' },
      inputResponses: {},
      requestState: 'made up',
    });
    expect(result).toMatchObject({ isError: true });
    expect(words(result)[0]).toContain('requestState');
  });
});
