import { expect, test } from 'vitest';
import type { ModelClient } from '../../model/message.ts';
import { conversation, play, riding } from '../../test/kit/reply-play.ts';

test('a reply has the text and the calls of the model, each call with a new id of the service', async () => {
  const calls = [
    { name: 'look', arguments: '{"where":"here"}' },
    { name: 'look', arguments: '{"where":1}' },
    { name: 'listen', arguments: '{}' },
  ];
  const usage = { input_tokens: 9, output_tokens: 4 };
  const { result } = await play({ model: () => ({ text: 'I look.', calls, usage }) });
  const id = expect.stringMatching(/^call_[0-9a-z]{10}$/);
  const reply = await result;
  expect(reply).toEqual({
    text: 'I look.',
    usage,
    calls: [
      { call_id: id, tool: 'look', input: { where: 'here' } },
      {
        call_id: id,
        tool: 'look',
        input: { where: 1 },
        problem: { type: 'InvalidInput', message: expect.stringContaining('where') },
      },
      {
        call_id: id,
        tool: 'listen',
        input: {},
        problem: { type: 'UnknownTool', message: expect.stringContaining('look, other, gather') },
      },
    ],
  });
  expect(new Set(reply.calls.map(({ call_id }) => call_id)).size).toBe(3);
});

test('a call carries the rules of its tool', async () => {
  const calls = [{ name: 'other', arguments: '{"where":"here"}' }];
  const { result } = await play({ model: () => ({ calls }) });
  expect((await result).calls).toMatchObject([
    {
      tool: 'other',
      duplicates: 'reject',
      approval: { question: 'May I?', timeout_ms: 604_800_000 },
    },
  ]);
});

test('a call that may need approval carries its input as its tool parses it', async () => {
  const calls = ['look', 'pay', 'again'].map((name) => ({
    name,
    arguments: '{"where":"here","to":" Ann ","amount":"100"}',
  }));
  const { result } = await play({ model: () => ({ calls }) });
  const taken = { to: 'Ann', amount: 50, currency: 'EUR' };
  expect((await result).calls).toMatchObject([
    { input: { where: 'here', to: ' Ann ', amount: '100' } },
    { input: taken, shown: {} },
    { input: taken, shown: {}, duplicates: 'confirm' },
  ]);
});

test('R8: a managed call carries how many results its flow waits for, as its tool or its agent declares', async () => {
  const calls = ['look', 'gather', 'cancel_call', 'nothing'].map((name) => ({
    name,
    arguments: '{"where":"here","call_id":"call_a"}',
  }));
  const awaited = async (agent: string) => {
    const { result } = await play({ model: () => ({ calls }), request: { agent } });
    return (await result).calls.map(({ awaits, results }) => [awaits, results]);
  };
  const [gathers, others] = [
    ['managed', 3],
    [undefined, undefined],
  ];
  expect(await awaited('default')).toEqual([others, gathers, others, others]);
  expect(await awaited('patient')).toEqual([['managed', 1], gathers, others, others]);
});

test('the model is asked while the batch is being written, but nothing is shown before the batch is stored', async () => {
  const recorded = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  const { result, happened } = await play({
    model: () => {
      asked.resolve();
      return { text: 'Here.' };
    },
    request: { batch: riding({}) },
    recording: () => recorded.promise,
    begin: async () => {
      happened.push('begun');
      return true;
    },
    append: async () => true,
  });
  await asked.promise;
  expect(happened).toEqual([]);
  recorded.resolve();
  await result;
  expect(happened).toEqual(['begun', ['kept', 'Here.', 1], ['shown', 'Here.']]);
});

test('a reply whose batch cannot be written is retried and shows nothing', async () => {
  const { result, happened } = await play({
    model: () => ({ text: 'Here.' }),
    request: { batch: riding({}) },
    recording: () => Promise.reject(new Error('The database refuses it.')),
  });
  await expect(result).rejects.toMatchObject({
    type: 'InternalError',
    nonRetryable: false,
    cause: { message: 'The database refuses it.' },
  });
  expect(happened).toEqual([]);
});

test('an agent that names neither model nor tools has the default and all', async () => {
  const { result, stub } = await play({});
  await result;
  expect(stub.requests[0]).toMatchObject({
    model: 'small',
    tools: ['look', 'other', 'gather', 'pay', 'again', 'cancel_call'],
  });
});

test.each([{}, { text: '\n \n' }])(
  '%j is a silent reply to news, and nothing of it is shown',
  async (reply) => {
    const { result, happened, stub } = await play({
      model: () => reply,
      request: { because: 'news' },
    });
    expect(await result).toMatchObject({ text: '', calls: [] });
    expect(happened).toEqual([]);
    expect(stub.requests).toHaveLength(1);
  },
);

test('an empty answer to a message is retried once, and the cost of both is counted', async () => {
  const { result, stub } = await play({
    model: () => ({
      text: stub.requests.length > 1 ? 'Four.' : '',
      usage: { input_tokens: 5, output_tokens: 1 },
    }),
  });
  expect(await result).toMatchObject({
    text: 'Four.',
    usage: { input_tokens: 10, output_tokens: 2 },
  });
  expect(stub.requests).toHaveLength(2);
});

test('two empty answers leave a message without an answer', async () => {
  const { result, stub } = await play({ model: () => ({}) });
  await expect(result).rejects.toMatchObject({ type: 'ModelSilent', nonRetryable: true });
  expect(stub.requests).toHaveLength(2);
});

test('all text is stored with its offset before it is shown, from the start in each attempt', async () => {
  const { result, store, happened, shown } = await play({
    model: () => ({ text: 'one two three four' }),
    attempt: 2,
  });
  const { text } = await result;
  const deltas = shown.filter((message) => message.type === 'delta');
  expect(text).toBe('one two three four');
  expect(happened).toEqual(
    deltas.flatMap((delta) => [
      ['kept', delta.text, 2],
      ['shown', delta.text],
    ]),
  );
  let said = '';
  for (const delta of deltas) {
    expect(delta).toMatchObject({ reply_id: 'reply_1', attempt: 2, offset: said.length });
    said += delta.text;
  }
  expect(said).toBe(text);
  expect(await store.draft(conversation)).toEqual({ reply_id: 'reply_1', attempt: 2, text });
});

test('a slow store gets fewer and larger writes, one at a time', async () => {
  const first = Promise.withResolvers<void>();
  const writes: string[] = [];
  const client: ModelClient = {
    async *stream() {
      for (const text of ['a', 'b', 'c']) yield { kind: 'text', text };
      first.resolve();
      yield { kind: 'done', calls: [], usage: { input_tokens: 1, output_tokens: 3 } };
    },
  };
  const { result } = await play({
    client,
    append: async (text) => {
      writes.push(text);
      await first.promise;
      return true;
    },
  });
  expect((await result).text).toBe('abc');
  expect(writes).toEqual(['a', 'bc']);
});
