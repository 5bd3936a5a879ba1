/** What the model is sent for a reply. */
import { expect, test } from 'vitest';
import { begins, installing, log, open, says } from '../../test/kit/log-lines.ts';
import type { StubRequest } from '../../test/kit/model-server.ts';
import { play, riding } from '../../test/kit/reply-play.ts';

test('the model is told who waits for the results', async () => {
  const systemOf = async (agent: string) => {
    const { result, stub } = await play({ request: { agent } });
    await result;
    return stub.requests[0]!.messages[0]!.text;
  };
  expect(await systemOf('narrow')).toMatch(/^All tools support multiple asynchronous tool results/);
  expect(await systemOf('patient')).toContain('The service waits for the results of a tool call');
  expect(await systemOf('default')).toContain('says "You wait:"');
});

test('the model is sent the window of the log and the tools of the agent', async () => {
  const { result, stub } = await play({ request: { agent: 'narrow' } });
  await result;
  expect(stub.requests).toMatchObject([
    { model: 'large', messages: [{ role: 'system' }, { role: 'user', text: 'Look here.' }] },
  ]);
  expect(stub.requests[0]!.tools).toEqual(['look', 'cancel_call']);
});

test.each(['chat', 'responses'] as const)(
  'an agent without tools sends its instructions and what was said, over the %s API',
  async (api) => {
    const { result, stub } = await play({ api, request: { agent: 'plain' } });
    expect(await result).toMatchObject({ text: 'Ok.', calls: [] });
    const [{ body, messages, tools }] = stub.requests as [StubRequest];
    expect(messages.map(({ text }) => text)).toEqual(['Help.', 'Look here.']);
    expect(tools).toEqual([]);
    expect(body).not.toHaveProperty('tools');
  },
);

test('a tool that was not offered is refused by name, whatever the model asks for', async () => {
  const calls = ['cancel_call', 'look'].map((name) => ({
    name,
    arguments: '{"call_id":"call_a"}',
  }));
  const { result } = await play({ model: () => ({ calls }), request: { agent: 'plain' } });
  expect((await result).calls.map(({ problem }) => problem)).toEqual(
    ['cancel_call', 'look'].map((name) => ({
      type: 'UnknownTool',
      message: `There is no tool named ${name}. There are no tools at all: answer in words.`,
    })),
  );
});

test('the model is sent the batch that rode on the reply, even if the log already has it', async () => {
  const { result, stub } = await play({ request: { batch: riding({}) } });
  await result;
  expect(stub.requests).toMatchObject([
    { messages: [{ role: 'system' }, { role: 'user', text: 'Look here.' }] },
  ]);
});

test('the model is sent the summary and the log after it', async () => {
  const { result, stub } = await play({
    entries: log(
      ...installing,
      { kind: 'summary', text: 'They want alpha.', from: 1, to: 5, usage: {} },
      says('how far is it?'),
      begins('reply_1'),
    ),
    request: { from: 6, summary: 6, calls: [{ ...open, before: [4], percent: 40 }] },
  });
  await result;
  const call = { call_id: 'call_a', tool: 'run_installer' };
  expect(stub.requests[0]!.messages).toMatchObject([
    { role: 'system' },
    { role: 'user', text: '<summary>{"text":"They want alpha."}</summary>' },
    { role: 'assistant', text: '', calls: [{ call_id: 'call_a', tool: 'run_installer' }] },
    { role: 'tool', call_id: 'call_a' },
    { role: 'user', text: 'how far is it?' },
    { role: 'user', text: expect.stringMatching(/^<now>/) },
  ]);
  const now = JSON.parse(stub.requests[0]!.messages.at(-1)!.text.slice(5, -6));
  expect(now.calls).toEqual([
    {
      ...call,
      input: { package: 'alpha' },
      report: 'every 25 percent',
      status: 'running',
      percent: 40,
    },
  ]);
});

test('a summary that is missing from the log is an error', async () => {
  const { result, stub } = await play({ request: { summary: 1 } });
  await expect(result).rejects.toMatchObject({
    type: 'InternalError',
    cause: { message: 'Entry 1 is not a summary but message.user.' },
  });
  expect(stub.requests).toEqual([]);
});

test('the tokens of the window are counted when requested', async () => {
  const few = await (await play({ request: { count_tokens: true } })).result;
  const many = await play({
    entries: log(says('word '.repeat(1_000)), begins('reply_1')),
    request: { count_tokens: true },
  });
  expect((await many.result).tokens! - few.tokens!).toBeGreaterThan(990);
  expect(few.tokens).toBeGreaterThan(400);
});
