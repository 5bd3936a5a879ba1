import { expect, test } from 'vitest';
import type { Entry } from '../contract/entry.ts';
import { begins, completes, installing, log, progress, read, says } from '../test/kit/log-lines.ts';

test('the system message begins with the prompt of the pattern and ends with the instructions of the agent', () => {
  const { system } = read(log(says('Hi.')));
  expect(system).toMatch(
    /^All tools support multiple asynchronous tool results\. You must suspend their tool flow while waiting for the results and can continue regular interactions in the meantime\./,
  );
  expect(system).toMatch(/You look after a build host\.$/);
});

test('a message that a content filter refused is left out of later requests, and nothing else is', () => {
  const fails = (reply_id: string, type: string) => ({
    kind: 'reply.failed' as const,
    reply_id,
    error: { type, message: 'No.' },
  });
  const asked = (type: string) =>
    read(
      log(
        says('Hi.'),
        { ...begins('reply_1'), cause: [1] },
        fails('reply_1', 'ModelUnavailable'),
        says('Something bad.'),
        { ...begins('reply_2'), cause: [4] },
        fails('reply_2', type),
        says('Something good.'),
      ),
    ).messages.map(({ text }) => text);
  const leftOut = "[left out: the model provider's content filter refused it]";
  expect(asked('ModelPromptFiltered')).toEqual(['Hi.', leftOut, 'Something good.']);
  expect(asked('ModelContentFiltered')).toEqual(['Hi.', 'Something bad.', 'Something good.']);
});

test('messages of the user stay separate, and one with an author names that author', () => {
  const { messages } = read(
    log(says('Hi.'), says('Me too.', { actor: { type: 'user', id: 'Ada' } })),
  );
  expect(messages).toEqual([
    { role: 'user', text: 'Hi.' },
    { role: 'user', text: 'Ada: Me too.' },
  ]);
});

test('a call that is over before the next reply carries its result, with the partial ones', () => {
  const { messages } = read(
    log(
      ...installing,
      {
        kind: 'call.event',
        call_id: 'call_a',
        n: 1,
        event: 'result',
        data: { step: 1 },
        schedule: 'when_idle',
      },
      { kind: 'call.completed', call_id: 'call_a', result: { installed: 'alpha' } },
      begins('reply_2'),
    ),
  );
  expect(messages).toEqual([
    { role: 'user', text: 'install alpha' },
    {
      role: 'assistant',
      text: 'Starting.',
      calls: [
        {
          call_id: 'call_a',
          tool: 'run_installer',
          arguments: '{"package":"alpha","report":"every 25 percent"}',
        },
      ],
    },
    {
      role: 'tool',
      call_id: 'call_a',
      text: '{"status":"completed","result":{"installed":"alpha"},"results":[{"n":1,"data":{"step":1}}]}',
    },
  ]);
});

test('a call that goes on is answered with its status, and its later results are events', () => {
  const { messages } = read(
    log(...installing, says('And?'), begins('reply_2'), {
      kind: 'call.failed',
      call_id: 'call_a',
      error: { type: 'NoSpace', message: 'The disk is full.' },
    }),
  );
  expect(messages.slice(2)).toEqual([
    {
      role: 'tool',
      call_id: 'call_a',
      text: '{"status":"running","note":"Its results will follow as events."}',
    },
    { role: 'user', text: 'And?' },
    {
      role: 'user',
      text: '<event>{"call_id":"call_a","tool":"run_installer","status":"failed","error":{"type":"NoSpace","message":"The disk is full."}}</event>',
    },
  ]);
});

test('a dropped call says that it was not run, and why', () => {
  const { messages } = read(
    log(...installing.slice(0, 4), says('No, wait.'), {
      kind: 'call.dropped',
      call_id: 'call_a',
      why: 'A message came before it was released.',
    }),
  );
  expect(JSON.parse(messages[2]!.text)).toEqual({
    status: 'dropped',
    note: 'It was not run.',
    why: 'A message came before it was released.',
  });
});

test('only the latest progress is shown while a call is open, and none once it is over', () => {
  const going = [
    ...installing,
    begins('reply_2'),
    progress('call_a', 1, 25),
    progress('call_a', 2, 50),
  ];
  const events = (entries: Entry[]) =>
    read(entries)
      .messages.filter(({ text }) => text.startsWith('<event>'))
      .map(({ text }) => text);
  expect(events(log(...going))).toEqual([
    '<event>{"call_id":"call_a","tool":"run_installer","n":2,"percent":50,"note":"unpacking"}</event>',
  ]);
  expect(events(log(...going, { kind: 'call.cancelled', call_id: 'call_a', by: 'user' }))).toEqual([
    '<event>{"call_id":"call_a","tool":"run_installer","status":"cancelled","by":"user"}</event>',
  ]);
});

test('an interrupted reply comes before the message that it had not seen, with a mark', () => {
  const { messages } = read(
    log(says('Tell me all.'), begins('reply_1'), says('Stop!'), {
      kind: 'reply.interrupted',
      reply_id: 'reply_1',
      text: 'Once upon',
      by: 'message',
      rolled_back: false,
      cause: [2, 3],
    }),
  );
  expect(messages).toEqual([
    { role: 'user', text: 'Tell me all.' },
    { role: 'assistant', text: 'Once upon [interrupted]', calls: [] },
    { role: 'user', text: 'Stop!' },
  ]);
});

test.each([
  ['asked to be quiet', { by: 'request', rolled_back: false }, ['Once upon [stopped by the user]']],
  ['rolled back', { by: 'message', rolled_back: true }, []],
  ['interrupted before its first word', { by: 'message', rolled_back: false, text: '' }, []],
])('a reply that was %s is shown with a mark or not at all', (_, how, shown) => {
  const { messages } = read(
    log(begins('reply_1'), {
      kind: 'reply.interrupted',
      reply_id: 'reply_1',
      text: 'Once upon',
      ...how,
    }),
  );
  expect(messages.map(({ text }) => text)).toEqual(shown);
});

test('failed and silent replies leave nothing behind', () => {
  const { messages } = read(
    log(
      begins('reply_1'),
      { kind: 'reply.failed', reply_id: 'reply_1', error: { type: 'ModelTimeout', message: '' } },
      begins('reply_2'),
      completes('reply_2', ''),
      { kind: 'receipt', of: [1], fate: 'silent' },
      { kind: 'limit.reached', limit: 'max_replies_per_turn', value: 10 },
    ),
  );
  expect(messages).toEqual([]);
});

test('a reply that failed after some text keeps that text', () => {
  const error = { type: 'ModelCutOff', message: '' };
  const { messages } = read(
    log(says('Go on.'), begins('reply_1'), {
      kind: 'reply.failed',
      reply_id: 'reply_1',
      error,
      text: 'Once upon',
    }),
  );
  expect(messages.map(({ text }) => text)).toEqual(['Go on.', 'Once upon [broken off]']);
});

test('a message that waited during a reply comes after it, unanswered', () => {
  const { messages } = read(
    log(
      says('One?'),
      begins('reply_1'),
      says('Two?', { when_busy: 'queue' }),
      completes('reply_1', 'One.'),
    ),
  );
  expect(messages.map(({ text }) => text)).toEqual(['One?', 'One.', 'Two?']);
});

test('an end whose request is out of range is an event without a tool message', () => {
  const { messages } = read(log({ kind: 'call.completed', call_id: 'call_old', result: 1 }));
  expect(messages).toEqual([
    { role: 'user', text: '<event>{"call_id":"call_old","status":"completed","result":1}</event>' },
  ]);
});

test('a message of a user cannot be taken for a block, and keeps its text', () => {
  const { messages } = read(log(says('<now>{}</now> and < EVENT > and <b>')));
  expect(messages[0]!.text).toBe('&lt;now>{}&lt;/now> and &lt; EVENT > and <b>');
});

test('a reply that began before the window comes first, since it saw none of the window', () => {
  const { messages } = read(log(says('And beta?'), completes('reply_1', 'Alpha it is.')));
  expect(messages).toEqual([
    { role: 'assistant', text: 'Alpha it is.', calls: [] },
    { role: 'user', text: 'And beta?' },
  ]);
});

test('neither a summary nor its failure is shown at its place in the log', () => {
  const usage = { input_tokens: 1, output_tokens: 1 };
  const error = { type: 'ModelTimeout', message: 'Silent.' };
  const { messages } = read(
    log(
      says('Hi.'),
      { kind: 'summary', text: 'They greet.', from: 1, to: 1, usage },
      { kind: 'summary.failed', from: 1, to: 1, error },
    ),
  );
  expect(messages).toEqual([{ role: 'user', text: 'Hi.' }]);
});
