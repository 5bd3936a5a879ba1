import { beforeEach, expect, test } from 'vitest';
import type { Entry } from '../../contract/entry.ts';
import type { ReplyRequest } from '../../contract/reply.ts';
import type { ModelPart, ModelRequest } from '../../model/message.ts';
import { createMemoryStore } from '../../test/kit/memory-store.ts';
import { prepareAsking } from './asking.ts';
import type { EarlyAnswer } from './early-answer.ts';
import { createGuesses, type Guesses } from './guesses.ts';

const conversation = { tenant: 'acme', id: 'conv_1' };
const catalogue = { tools: new Map(), agents: new Map([['default', agentOf('Help.')]]) };
function agentOf(instructions: string) {
  return { name: 'default', instructions };
}

let store: ReturnType<typeof createMemoryStore>;
let asked: { request: ModelRequest; signal: AbortSignal }[];
let answer: (signal: AbortSignal) => AsyncIterable<ModelPart>;
let timers: { at: number; work(): void }[];
let now: number;
let load: number;
let outcomes: [string, number][];
let guesses: Guesses;

const parts = async function* (): AsyncGenerator<ModelPart> {
  yield { kind: 'text', text: 'Here ' };
  yield { kind: 'text', text: 'I am.' };
  yield { kind: 'done', calls: [], usage: { input_tokens: 5, output_tokens: 3 } };
};

const model = {
  stream(request: ModelRequest, signal: AbortSignal) {
    asked.push({ request, signal });
    return answer(signal);
  },
};

const asking = () => ({ store, catalogue, defaultModel: 'small' });

beforeEach(async () => {
  store = createMemoryStore();
  asked = [];
  answer = parts;
  timers = [];
  now = 0;
  load = 0;
  outcomes = [];
  guesses = createGuesses({
    ...asking(),
    model,
    outcome: (outcome, tokens) => void outcomes.push([outcome, tokens]),
    clock: {
      now: () => now,
      after(ms, work) {
        const timer = { at: now + ms, work };
        timers.push(timer);
        return () => void (timers = timers.filter((one) => one !== timer));
      },
    },
    load: () => load,
  });
  await write('idle', [
    entry(1, { kind: 'message.user', message_id: 'm1', text: 'Hello.', when_busy: 'interrupt' }),
    entry(2, { kind: 'reply.started', reply_id: 'reply_1', because: 'message', reason: '' }),
    entry(3, { kind: 'reply.completed', reply_id: 'reply_1', text: 'Hi.', usage: NONE }),
  ]);
  guesses.learn(wanted({ reply_id: 'reply_1', to: 2 }), {});
});

const NONE = { input_tokens: 0, output_tokens: 0 };

test('a guess asks for exactly what the reply asks for, and the reply gets its answer from the beginning', async () => {
  guesses.guess(conversation, message('Where are you?'));
  await isAsked();
  const request = await requestOf(saidNext('Where are you?'));
  expect(asked[0]!.request).toEqual(request);

  const adopted = guesses.adopt(conversation, request) as EarlyAnswer;
  const heard: ModelPart[] = [];
  for await (const part of adopted.read(new AbortController().signal)) heard.push(part);
  expect(heard.map(({ kind }) => kind)).toEqual(['text', 'text', 'done']);
  expect(asked).toHaveLength(1);
  expect(outcomes).toEqual([['adopted', 0]]);
  expect(guesses.adopt(conversation, request)).toBeUndefined();
});

test('a reply that asks for something else refuses the guess, which is aborted and charged to its tenant', async () => {
  answer = untilAborted;
  guesses.guess(conversation, message('Where are you?'));
  await isAsked();
  const request = await requestOf(saidNext('Where are you? And why?'));
  expect(guesses.adopt(conversation, request)).toBe('refused');
  expect(asked[0]!.signal.aborted).toBe(true);
  await expect.poll(() => outcomes, { timeout: 30_000 }).toEqual([['refused', expect.any(Number)]]);
  const [[, wasted]] = outcomes as [[string, number]];
  const day = new Date().toISOString().slice(0, 10);
  await expect.poll(() => store.tokensSpent({ tenant: 'acme', day })).toBe(wasted);
});

test.each<[string, () => void | Promise<unknown>]>([
  ['a reply is in flight', () => write('replying', [])],
  ['a call is open', () => write('idle', [], 'running')],
  ['news waits to be told', () => write('idle', [news(4)])],
  ['this process has given no reply before', () => void (guesses = fresh())],
  [
    'its window is near its budget',
    () => guesses.learn(wanted({ most_tokens: 100 }), { measured: measured(80) }),
  ],
  ['this thread is busy', () => void (load = 0.9)],
])('nothing is guessed when %s', async (_, given) => {
  await given();
  guesses.guess(conversation, message('Where are you?'));
  await settled();
  expect(asked).toEqual([]);
});

test('a second message makes no guess while there is one, which the reply to both refuses', async () => {
  answer = untilAborted;
  guesses.guess(conversation, message('Where are you?'));
  await isAsked();
  guesses.guess(conversation, message('Quick!'));
  await settled();
  expect(asked).toHaveLength(1);
  const request = await requestOf(saidNext('Where are you?', 'Quick!'));
  expect(guesses.adopt(conversation, request)).toBe('refused');
});

test('a message that is not accepted drops its guess, and so does a reply that does not begin for 10 seconds', async () => {
  answer = untilAborted;
  guesses.guess(conversation, message('Where are you?'))();
  await settled();
  expect(asked).toEqual([]);
  guesses.guess(conversation, message('Where are you?'));
  await isAsked();
  expect(timers).toMatchObject([{ at: 10_000 }]);
  timers[0]!.work();
  expect(asked[0]!.signal.aborted).toBe(true);
});

test('a reply that begins before its guess has asked the model asks for itself', async () => {
  guesses.guess(conversation, message('Where are you?'));
  const next = [
    entry(4, {
      kind: 'message.user',
      message_id: 'm2',
      text: 'Where are you?',
      when_busy: 'interrupt',
    }),
    entry(5, { kind: 'reply.started', reply_id: 'reply_2', because: 'message', reason: '' }),
  ];
  expect(guesses.adopt(conversation, { model: 'small', messages: [], tools: [] })).toBeUndefined();
  await write('replying', next);
  await settled();
  expect(asked).toEqual([]);
});

test('a tenant whose guesses are refused too often has none for ten minutes', async () => {
  answer = untilAborted;
  const guessInVain = async () => {
    const before = asked.length;
    guesses.guess(conversation, message('Where are you?'));
    await settled();
    guesses.adopt(conversation, { model: 'small', messages: [], tools: [] });
    return asked.length > before;
  };
  for (let n = 0; n < 20; n++) expect(await guessInVain()).toBe(true);
  expect(await guessInVain()).toBe(false);
  now = 10 * 60_000;
  expect(await guessInVain()).toBe(true);
});

test('a stopped reply aborts the answer that it has adopted', async () => {
  answer = untilAborted;
  guesses.guess(conversation, message('Where are you?'));
  await isAsked();
  const adopted = guesses.adopt(
    conversation,
    await requestOf(saidNext('Where are you?')),
  ) as EarlyAnswer;
  const stop = new AbortController();
  const reading = adopted.read(stop.signal)[Symbol.asyncIterator]();
  expect(await reading.next()).toMatchObject({ value: { text: 'Here ' } });
  stop.abort(new Error('stopped'));
  await expect(reading.next()).rejects.toThrow('stopped');
  expect(asked[0]!.signal.aborted).toBe(true);
});

const news = (seq: number) =>
  entry(seq, { kind: 'call.event', call_id: 'call_a', n: 1, event: 'progress', percent: 75 });
const message = (text: string) => ({ message_id: 'm2', text });
const measured = (tokens: number) => ({ tokens, sizes: { fixed: 0, turns: [] } });
const isAsked = () => expect.poll(() => asked).not.toEqual([]);
const fresh = () => createGuesses({ ...asking(), model });

/** Resolves when all work that waits for no answer is done. */
const settled = () => new Promise((done) => setImmediate(() => setImmediate(done)));

async function* untilAborted(signal: AbortSignal): AsyncGenerator<ModelPart> {
  yield { kind: 'text', text: 'Here ' };
  await new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });
}

function entry(seq: number, body: object): Entry {
  const actor = { type: 'user', id: 'user' };
  const at = '2030-01-01T00:00:00.000Z';
  return { seq, at, actor, cause: [], ...body } as unknown as Entry;
}

function wanted(given: Partial<ReplyRequest>): ReplyRequest {
  return {
    ...{ conversation, agent: 'default', reply_id: 'reply_2', from: 1, to: 5, attempts: 4 },
    ...{ because: 'message', news: [], calls: [] },
    ...given,
  };
}

let length = 0;

async function write(status: 'idle' | 'replying', entries: Entry[], call?: 'running') {
  const { last_seq = 0 } = (await store.conversation(conversation)) ?? {};
  const more =
    entries.length > 0
      ? entries
      : [
          entry(last_seq + 1, {
            kind: 'receipt',
            call_id: 'call_a',
            entry: 1,
            outcome: 'merged',
          }),
        ];
  const at = '2030-01-01T00:00:00.000Z';
  await store.record({
    conversation,
    fence: { run: 0, length: ++length, at: length },
    base: more[0]!.seq,
    entries: more,
    head: {
      status,
      calls: call ? [{ id: 'call_a', tool: 'look', status: call, requested_at: at }] : [],
      usage: NONE,
    },
  });
}

/** The reply that the rules start for the message, with what rides on it. */
function saidNext(...texts: string[]): ReplyRequest {
  const entries = [
    ...texts.map((text, n) =>
      entry(4 + n, { kind: 'message.user', message_id: `m${n}`, text, when_busy: 'interrupt' }),
    ),
    entry(4 + texts.length, {
      ...{ kind: 'reply.started', reply_id: 'reply_2', because: 'message', reason: 'a message' },
    }),
  ];
  const head = { status: 'replying' as const, calls: [], usage: NONE };
  const fence = { run: 0, length: 9, at: 9 };
  const to = 4 + texts.length;
  return wanted({ to, batch: { conversation, fence, base: 4, entries, head } });
}

const requestOf = async (request: ReplyRequest) => (await prepareAsking(asking(), request)).request;
