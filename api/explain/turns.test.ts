import { expect, test } from 'vitest';
import { call, Story } from '../../test/kit/story.ts';
import { gatherTurns } from './turns.ts';

function turnsOf(story: Story) {
  const turns = gatherTurns();
  for (const entry of story.log) turns.add(entry);
  return turns.all();
}

test('a question and its answer are one turn, with who asked, when, and what it cost', () => {
  const story = new Story();
  story.user('What is a signal?', { author: 'ada' });
  story.pass(700);
  story.model('A message to a workflow.');
  expect(turnsOf(story)).toEqual([
    expect.objectContaining({
      turn: 1,
      because: 'message',
      triggered_by: [
        {
          seq: 1,
          at: '1970-01-01T00:16:40.000Z',
          kind: 'message.user',
          actor: { type: 'user', id: 'ada' },
          what: 'What is a signal?',
        },
      ],
      replies: [
        expect.objectContaining({
          reply_id: 'reply_1',
          status: 'completed',
          text: 'A message to a workflow.',
          duration_ms: 700,
        }),
      ],
      calls: [],
      deferred: [],
      duration_ms: 700,
      usage: { input_tokens: 10, output_tokens: 1 },
    }),
  ]);
});

test('a turn in progress has no end', () => {
  const story = new Story();
  story.user('Hello');
  const [turn] = turnsOf(story);
  expect(turn).toMatchObject({ replies: [{ status: 'in_flight' }] });
  expect(turn).not.toHaveProperty('ended_at');
});

test('a quick call and the reply that tells its result belong to the turn that asked for it', () => {
  const story = new Story();
  story.user('What time is it?');
  story.model('', call('call_a', { tool: 'clock', input: {} }));
  story.pass(200);
  story.ends('call_a', { type: 'completed', result: 'noon' });
  story.model('It is noon.');
  const turns = turnsOf(story);
  expect(turns).toHaveLength(1);
  expect(turns[0]).toMatchObject({
    replies: [{ because: 'message' }, { because: 'results', text: 'It is noon.' }],
    calls: [{ call_id: 'call_a', tool: 'clock', reply_id: 'reply_1', status: 'completed' }],
    spoken: [{ kind: 'call.completed', what: 'call_a completed' }],
    deferred: [],
    usage: { input_tokens: 20, output_tokens: 2 },
  });
});

test('news is a turn of its own, triggered by the tool, and superseded news is merged', () => {
  const story = new Story();
  story.user('Install alpha');
  story.model('I do.', call('call_a'));
  story.pass(2_000);
  story.progress('call_a', 1, 25);
  story.progress('call_a', 2, 50);
  story.pass(300);
  story.model('Half of it.');
  expect(turnsOf(story)[1]).toMatchObject({
    turn: 2,
    because: 'news',
    triggered_by: [
      { what: '25 % of call_a', actor: { type: 'tool', id: 'run_installer' } },
      { what: '50 % of call_a' },
    ],
    spoken: [{ what: '50 % of call_a' }],
    merged: [{ what: '25 % of call_a' }],
  });
});

test('an event during a reply is deferred to the turn that handles it', () => {
  const story = new Story();
  story.user('Install alpha');
  story.model('I do.', call('call_a'));
  story.pass(2_000);
  story.user('What is a signal?');
  story.progress('call_a', 1, 25);
  story.user('And a query?', { when_busy: 'queue' });
  story.model('A message.');
  story.model('A question; and 25 % is done.');
  const [, second, third] = turnsOf(story);
  expect(second!.deferred).toMatchObject([
    { kind: 'call.event', turn: 3 },
    { kind: 'message.user', turn: 3 },
  ]);
  expect(third).toMatchObject({ spoken: [{ kind: 'call.event' }], deferred: [] });
});

test('an interrupting message is not deferred, and the reply says what cut it off', () => {
  const story = new Story();
  story.user('Tell me a long story');
  story.user('Stop, a short one');
  story.model('Once.');
  const [first, second] = turnsOf(story);
  expect(first).toMatchObject({
    replies: [{ status: 'interrupted', interrupted_by: 'message' }],
    deferred: [],
  });
  // Both messages wait for an answer.
  expect(second!.triggered_by).toHaveLength(2);
});

test('a dropped call says why, a cancelled one says by whom, and its news is superseded', () => {
  const story = new Story();
  story.user('Install alpha');
  story.model('I do.', call('call_a'));
  story.pass(2_000);
  story.user('And beta');
  story.model('That too.', call('call_b'));
  story.user('No, wait');
  story.progress('call_a', 1, 25);
  story.interrupt({ scope: 'calls' });
  story.model('I wait.');
  const [first, second] = turnsOf(story);
  expect(first!.calls).toMatchObject([{ call_id: 'call_a', status: 'cancelled', why: 'by user' }]);
  expect(second!.calls).toMatchObject([
    { call_id: 'call_b', status: 'dropped', why: 'A message came before it was released.' },
  ]);
  const superseded = turnsOf(story).flatMap((turn) => turn.superseded);
  expect(superseded).toMatchObject([{ what: '25 % of call_a' }]);
});

test('a limit and a failure are listed in their turn', () => {
  const story = new Story({ max_replies_per_turn: 1 });
  story.user('What time is it?');
  story.model('', call('call_a', { problem: { type: 'InvalidInput', message: 'No.' } }));
  story.pass(200);
  story.user('Well?');
  story.modelFails('The model is away.');
  const [first, second] = turnsOf(story);
  expect(first).toMatchObject({
    limits: [{ limit: 'max_replies_per_turn', value: 1 }],
    calls: [{ status: 'failed', why: 'No.' }],
  });
  expect(second).toMatchObject({ replies: [{ status: 'failed', error: 'The model is away.' }] });
});

test('the cost of a turn includes its failed replies', () => {
  const story = new Story();
  story.user('Tell me everything.');
  const usage = { input_tokens: 7, output_tokens: 5, estimated: true as const };
  const error = { type: 'ModelCutOff', message: 'Too long.' };
  story.happens({ type: 'reply_failed', reply_id: story.replying, error, usage });
  expect(turnsOf(story)).toMatchObject([{ usage, replies: [{ status: 'failed', usage }] }]);
});

test('when a limit prevents a reply, the previous turn names the limit and the news it holds back', () => {
  const story = new Story({ unsolicited_per_minute: 1 });
  story.user('Install alpha');
  story.model('I do.', call('call_a'));
  story.pass(2_000);
  for (const n of [1, 2]) {
    story.progress('call_a', n, 25 * n);
    story.pass(300);
    if (n === 1) story.model('25 %');
  }
  const reached = story.all('limit.reached')[0]!;
  expect(turnsOf(story)[1]!.limits).toEqual([
    {
      seq: reached.seq,
      at: reached.at,
      limit: 'unsolicited_per_minute',
      value: 1,
      rule: 'R12 unsolicited_per_minute',
      held_back: [expect.objectContaining({ kind: 'call.event', what: '50 % of call_a' })],
    },
  ]);
  story.pass(60_000);
  expect(turnsOf(story)[2]).toMatchObject({
    triggered_by: [{ what: '50 % of call_a' }],
    limits: [],
  });
});

test('a closed conversation lists the news that was never told', () => {
  const story = new Story();
  story.user('Install alpha');
  story.model('I do.', call('call_a'));
  story.pass(2_000);
  story.ends('call_a');
  story.happens({ type: 'close' });
  story.happens({ type: 'settled' });
  expect(turnsOf(story)[0]).toMatchObject({ unheard: [{ what: 'call_a completed' }] });
});

test('the rules behind replies and calls are named', () => {
  const story = new Story({ max_running: 1 });
  story.user('Install both');
  story.model('I do.', call('call_a'), call('call_b'));
  story.pass(2_000);
  story.progress('call_a', 1, 25);
  story.pass(300);
  story.user('Stop that', { when_busy: 'queue' });
  story.model('A quarter.', call('call_c'));
  story.progress('call_a', 2, 50, { schedule: 'interrupt' });
  const turns = turnsOf(story);
  const replies = turns.flatMap((turn) => turn.replies.map(({ rules }) => rules));
  expect(replies).toEqual([
    ['R2 message'],
    ['R5 when_idle', 'R6 quiet window', 'R12 within limits'],
    ['R2 message', 'R5 interrupt'],
    ['R2 message'],
  ]);
  const calls = turns.flatMap((turn) => turn.calls);
  expect(calls.map(({ call_id, rules }) => [call_id, rules])).toEqual([
    ['call_a', []],
    ['call_b', ['R9 queued']],
    ['call_c', ['R3 dropped']],
  ]);
});
