import { once } from 'node:events';
import { type ApplicationFailure, CancelledFailure } from '@temporalio/activity';
import { describe, expect, test } from 'vitest';
import { withCost } from '../../model/cost.ts';
import { ModelError } from '../../model/errors.ts';
import type { ModelClient } from '../../model/message.ts';
import type { StubHandler, StubRequest } from '../../test/kit/model-server.ts';
import { away } from '../../test/kit/away.ts';
import { conversation, type Play, play, riding, RUN } from '../../test/kit/reply-play.ts';

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

/** Says something, then hangs until the client disconnects. */
const saysThenHangs: StubHandler = ({ closed }) => ({
  text: (async function* () {
    yield 'It ';
    await once(closed, 'abort');
  })(),
});

const gone = async ({ closed }: StubRequest) => {
  if (!closed.aborted) await once(closed, 'abort');
};

describe('a reply that is no longer wanted', () => {
  const stopped = { type: 'ReplyStopped', nonRetryable: true };

  test('is not begun when the store refuses it at the start', async () => {
    const { result, stub } = await play({
      model: () => ({ text: 'No.' }),
      begin: async () => false,
    });
    await expect(result).rejects.toMatchObject(stopped);
    expect(stub.requests).toEqual([]);
  });

  test('is not begun when the batch that rode on it was overruled', async () => {
    const { result, stub } = await play({
      model: () => ({ text: 'No.' }),
      request: { batch: riding({ text: 'Something else.' }) },
    });
    await expect(result).rejects.toMatchObject(stopped);
    expect(stub.requests).toEqual([]);
  });

  test('ends with the provider’s stream when the store refuses its text, which is not shown', async () => {
    const { result, shown, stub } = await play({ model: saysThenHangs, append: async () => false });
    await expect(result).rejects.toMatchObject(stopped);
    await gone(await stub.request(1));
    expect(shown).toEqual([]);
  });

  test('ends at once when the bus says stop, even before the first word', async () => {
    const { result, bus, stub } = await play({ model: () => ({ hang: true }) });
    const request = await stub.request(1);
    bus.publish(conversation, { type: 'stop', reply_id: 'reply_1' });
    await expect(result).rejects.toMatchObject(stopped);
    await gone(request);
  });

  test('does not end when the bus stops another reply', async () => {
    const release = Promise.withResolvers<{ text: string }>();
    const { result, bus, stub } = await play({ model: () => release.promise });
    await stub.request(1);
    bus.publish(conversation, { type: 'stop', reply_id: 'reply_2' });
    bus.publish({ ...conversation, id: 'd' }, { type: 'stop', reply_id: 'reply_1' });
    release.resolve({ text: 'Still here.' });
    expect((await result).text).toBe('Still here.');
  });

  test('ends with its cancellation', async () => {
    const { result, environment, stub } = await play({ model: saysThenHangs });
    const request = await stub.request(1);
    environment.cancel();
    await expect(result).rejects.toBeInstanceOf(CancelledFailure);
    await gone(request);
  });
});

describe('failures', () => {
  test('of the provider are passed on with their type and delay', async () => {
    const { result } = await play({
      model: () => ({ status: 429, text: 'Slow down.', headers: { 'retry-after': '2' } }),
    });
    await expect(result).rejects.toMatchObject({
      type: 'ModelRateLimited',
      nonRetryable: false,
      nextRetryDelay: 2_000,
    });
  });

  const busy = () => ({ status: 503, text: 'Busy.' });

  test('of the provider are final with the last attempt, however many workers were lost', async () => {
    const early = await play({ model: busy, attempt: 30, failed: 2 });
    await expect(early.result).rejects.toMatchObject({
      type: 'ModelUnavailable',
      nonRetryable: false,
      nextRetryDelay: 2_000,
    });
    expect(early.beats).toEqual([{ failed: 3 }]);
    const last = await play({ model: busy, attempt: 5, failed: 3 });
    await expect(last.result).rejects.toMatchObject({
      type: 'ModelUnavailable',
      nonRetryable: true,
    });
  });

  test('that are unexpected count too, and are shown as a type and a sentence that reveals nothing', async () => {
    const model = () => ({ text: 'Said.' });
    const broken = () => new TypeError("Cannot read properties of undefined (reading 'secret')");
    const unforeseen: Partial<Play>[] = [
      { begin: () => Promise.reject(broken()) },
      { append: () => Promise.reject(broken()) },
      { recording: () => Promise.reject(broken()), request: { batch: riding({}) } },
      {
        client: {
          stream() {
            throw broken();
          },
        },
      },
    ];
    for (const how of unforeseen) {
      const { result, beats } = await play({ model, attempt: 4, failed: 3, ...how });
      const failure: ApplicationFailure = await result.then(
        () => expect.fail('It did not fail.'),
        (error) => error,
      );
      expect(failure).toMatchObject({ nonRetryable: true });
      expect(failure.type).toMatch(/^(InternalError|ModelUnknown)$/);
      expect(beats).toContainEqual({ failed: 4 });
      if (failure.type === 'InternalError') expect(failure.message).not.toContain('secret');
    }
  });

  test('of the store are waited out: the model is asked once, and nothing is stored twice', async () => {
    let appended = 0;
    const { result, stub, store, happened } = await play({
      model: () => ({ text: 'Here I am.' }),
      begin: failingTwice(async () => store.beginDraft(conversation, 'reply_1', 1, RUN)),
      keep: async (write) => {
        appended += 1;
        // Its answer is lost the first time, though it was written.
        await write();
        if (appended === 1) throw away();
      },
    });
    expect((await result).text).toBe('Here I am.');
    expect(stub.requests).toHaveLength(1);
    const kept = happened.filter((what) => Array.isArray(what) && what[0] === 'shown');
    expect(kept.map((what) => (what as string[])[1]).join('')).toBe('Here I am.');
    expect((await store.draft(conversation))?.text).toBe('Here I am.');
  });

  test('of an answer that reached its maximum length keep its text and its cost', async () => {
    const chunk = (choice: object, usage?: object) => ({
      choices: [{ index: 0, finish_reason: null, delta: {}, ...choice }],
      usage,
    });
    const { result, store, happened } = await play({
      model: () => ({
        chunks: [
          chunk({ delta: { content: 'It goes on ' } }),
          chunk({ delta: { content: 'and on' }, finish_reason: 'length' }),
          { choices: [], usage: { prompt_tokens: 9, completion_tokens: 4 } },
        ],
      }),
    });
    await expect(result).rejects.toMatchObject({
      type: 'ModelCutOff',
      nonRetryable: true,
      details: [{ usage: { input_tokens: 9, output_tokens: 4 } }],
    });
    expect((await store.draft(conversation))?.text).toBe('It goes on and on');
    const kept = happened.filter((what) => Array.isArray(what) && what[0] === 'kept');
    expect(kept.map((what) => (what as string[])[1]).join('')).toBe('It goes on and on');
    const day = new Date().toISOString().slice(0, 10);
    expect(await store.tokensSpent({ tenant: 'default', day })).toBe(13);
  });

  test('add up the cost of all attempts', async () => {
    const { result } = await play({
      client: {
        async *stream() {
          yield { kind: 'text', text: 'Hm.' };
          const usage = { input_tokens: 1, output_tokens: 2 };
          throw withCost(new ModelError('ModelBrokenAnswer', 'It broke off.'), usage);
        },
      },
      failed: 3,
      cost: { input_tokens: 30, output_tokens: 40 },
    });
    await expect(result).rejects.toMatchObject({
      nonRetryable: true,
      details: [{ usage: { input_tokens: 31, output_tokens: 42 } }],
    });
  });

  test('are final when the reply has lost too many workers', async () => {
    const { result, stub } = await play({ model: busy, attempt: 101 });
    await expect(result).rejects.toMatchObject({ type: 'WorkerLost', nonRetryable: true });
    expect(stub.requests).toEqual([]);
  });

  test.each([
    ['nobody', 'UnknownAgent'],
    ['broken', 'UnknownTool'],
  ])('of the catalogue for the agent %s are final', async (agent, type) => {
    const { result } = await play({ model: () => ({}), request: { agent } });
    await expect(result).rejects.toMatchObject({ type, nonRetryable: true });
  });
});

/** Succeeds the third time. */
function failingTwice<T>(work: () => Promise<T>): () => Promise<T> {
  let times = 0;
  return () => (++times < 3 ? Promise.reject(away()) : work());
}
