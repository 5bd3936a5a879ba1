import { describe, expect, test } from 'vitest';
import { call, Story } from '../test/kit/story.ts';
import { KEPT_TURNS } from './summary.ts';

const BUDGET = 1_000;
const usage = { input_tokens: 10, output_tokens: 1 };

/** The model answers; `tokens` is the size of its window. */
function counts(story: Story, tokens: number, ...calls: ReturnType<typeof call>[]) {
  const result = { text: 'Ok.', usage, calls, tokens };
  story.happens({ type: 'reply_completed', reply_id: story.replying, result });
}

/** One turn: a message and its answer. */
function turn(story: Story, tokens: number) {
  story.user('go on');
  counts(story, tokens);
}

/** Its last turn has passed the budget. Each turn is three entries. */
function full(turns = KEPT_TURNS + 2, tokens = BUDGET + 1): Story {
  const story = new Story({ context_tokens: BUDGET });
  for (let nth = 1; nth < turns; nth += 1) turn(story, BUDGET);
  turn(story, tokens);
  return story;
}

const sums = (story: Story) => {
  const { to } = story.state.context!.underWay!;
  const result = { text: 'They want to go on.', usage };
  return story.happens({ type: 'summary_completed', to, result });
};
const fails = (story: Story) => {
  const { to } = story.state.context!.underWay!;
  const error = { type: 'ModelUnavailable', message: 'Away.' };
  return story.happens({ type: 'summary_failed', to, error });
};
const asked = (story: Story) => story.effectsOf('summarise').map(({ range }) => range);
const lastRequest = (story: Story) => story.effectsOf('start_reply').at(-1)!.request;

describe('a summary', () => {
  test('is not asked for without a budget, and tokens are not counted', () => {
    const story = new Story();
    for (let nth = 0; nth < 20; nth += 1) turn(story, 1_000_000);
    expect(asked(story)).toEqual([]);
    expect(lastRequest(story)).not.toHaveProperty('count_tokens');
    expect(story.state).not.toHaveProperty('context');
  });

  test('is not asked for while the window is within its budget', () => {
    expect(asked(full(20, BUDGET))).toEqual([]);
  });

  test('is asked for when the window has passed its budget, and covers all but the last turns', () => {
    const story = full();
    expect(asked(story)).toEqual([{ from: 1, to: 6 }]);
    expect(story.log.filter(({ seq }) => seq > 6 && seq % 3 === 1)).toHaveLength(KEPT_TURNS);
  });

  test('holds nothing up: the conversation goes on with the wide window, and no other summary is asked for', () => {
    const story = full();
    turn(story, 5 * BUDGET);
    expect(lastRequest(story)).toMatchObject({ from: 1, to: 26 });
    expect(lastRequest(story)).not.toHaveProperty('summary');
    expect(asked(story)).toHaveLength(1);
  });

  test('is logged with its causes and its cost, and from then on the window begins after it', () => {
    const story = full();
    const before = story.state.usage;
    const [entry] = sums(story);
    expect(entry).toMatchObject({
      kind: 'summary',
      seq: 25,
      actor: { type: 'agent' },
      cause: [24],
      text: 'They want to go on.',
      from: 1,
      to: 6,
      usage,
    });
    expect(story.state.usage).toEqual({
      input_tokens: before.input_tokens + 10,
      output_tokens: before.output_tokens + 1,
    });
    story.user('go on');
    expect(lastRequest(story)).toMatchObject({ from: 7, to: 27, summary: 25, count_tokens: true });
  });

  test('covers what came since the previous summary, and names that one', () => {
    const story = full();
    sums(story);
    for (let nth = 0; nth < 4; nth += 1) turn(story, BUDGET);
    turn(story, BUDGET * 1.25 + 1);
    expect(asked(story).at(-1)).toMatchObject({ from: 7, previous: 25 });
    expect(sums(story)[0]).toMatchObject({ kind: 'summary', from: 7, cause: [25, 40] });
  });

  test('that leaves a full window is followed by another only after the window grows by a quarter of its budget', () => {
    const story = full();
    sums(story);
    turn(story, 1_100);
    turn(story, 1_350);
    expect(asked(story)).toHaveLength(1);
    turn(story, 1_351);
    expect(asked(story)).toHaveLength(2);
  });

  test('leaves fewer turns in full when the window exceeds twice its budget', () => {
    expect(asked(full(4, 2 * BUDGET))).toEqual([]);
    expect(asked(full(4, 2 * BUDGET + 1))).toEqual([{ from: 1, to: 6 }]);
  });

  test('is asked for when the model refuses the window as too long', () => {
    const story = new Story({ context_tokens: BUDGET });
    for (let nth = 0; nth < 3; nth += 1) turn(story, 500);
    story.user('go on');
    const error = { type: 'ModelContextTooLong', message: 'Too long.' };
    story.happens({ type: 'reply_failed', reply_id: story.replying, error });
    expect(asked(story)).toEqual([{ from: 1, to: 6 }]);
  });

  test('that fails is logged, and asked for again when the window has grown by a quarter of its budget', () => {
    const story = full();
    expect(fails(story)).toMatchObject([
      { kind: 'summary.failed', from: 1, to: 6, error: { message: 'Away.' }, cause: [24] },
    ]);
    turn(story, 1_251);
    expect(lastRequest(story)).toMatchObject({ from: 1 });
    expect(asked(story)).toHaveLength(1);
    turn(story, 1_252);
    expect(asked(story)).toMatchObject([{ to: 6 }, { to: 12 }]);
  });

  test('that comes twice or after another one changes nothing', () => {
    const story = full();
    const { to } = story.state.context!.underWay!;
    sums(story);
    const result = { text: 'Again.', usage };
    expect(story.happens({ type: 'summary_completed', to, result })).toEqual([]);
    const error = { type: 'X', message: 'x' };
    expect(story.happens({ type: 'summary_failed', to, error })).toEqual([]);
  });

  test('covers no news that still waits to be told', () => {
    const story = new Story({ context_tokens: BUDGET });
    turn(story, 100);
    story.user('install alpha');
    counts(story, 100, call('call_a'));
    story.pass(5_000);
    const { seq } = story.progress('call_a', 1, 50, { schedule: 'silent' })[0]!;
    for (let nth = 0; nth < 5; nth += 1) {
      story.user('how far is it?');
      // It was to tell the news, which waits again.
      story.modelFails();
    }
    story.user('how far is it?');
    const error = { type: 'ModelContextTooLong', message: 'Too long.' };
    story.happens({ type: 'reply_failed', reply_id: story.replying, error });
    expect(asked(story)).toEqual([{ from: 1, to: seq - 1 }]);
    sums(story);
    story.user('how far is it?');
    expect(lastRequest(story)).toMatchObject({ from: seq, news: [seq] });
  });

  test('counts consecutive messages without an answer as one turn', () => {
    const story = new Story({ context_tokens: BUDGET });
    turn(story, 100);
    turn(story, 100);
    for (let nth = 0; nth < KEPT_TURNS; nth += 1) story.user('and');
    counts(story, 2 * BUDGET + 1);
    expect(asked(story)).toEqual([{ from: 1, to: 3 }]);
  });

  test('is stopped by the close, which does not wait for it', () => {
    const story = full();
    const { to } = story.state.context!.underWay!;
    story.happens({ type: 'close' });
    expect(story.effectsOf('stop_summary')).toHaveLength(1);
    const result = { text: 'Too late.', usage };
    expect(story.happens({ type: 'summary_completed', to, result })).toEqual([]);
    story.happens({ type: 'settled' });
    expect(story.kinds.at(-1)).toBe('conversation.closed');
  });
});

describe('a call that was requested before the window', () => {
  function withOldCall() {
    const story = new Story({ context_tokens: BUDGET });
    story.user('install alpha');
    counts(story, 100, call('call_a'), call('call_b', { approval: { timeout_ms: 1e9 } }));
    story.pass(5_000);
    story.progress('call_a', 1, 50, { schedule: 'silent', note: 'unpacking' });
    for (let nth = 0; nth < KEPT_TURNS; nth += 1) turn(story, BUDGET);
    turn(story, BUDGET + 1);
    sums(story);
    story.user('how far is it?');
    return story;
  }

  test('is passed on with the seqs of its entries and its progress', () => {
    const story = withOldCall();
    const seqOf = (kind: string, id: string) =>
      story.log.find((e) => e.kind === kind && 'call_id' in e && e.call_id === id)!.seq;
    expect(lastRequest(story).calls).toEqual([
      {
        call_id: 'call_b',
        tool: 'run_installer',
        status: 'awaiting_approval',
        expires_at: expect.any(String),
        before: [seqOf('call.requested', 'call_b'), seqOf('call.awaiting_approval', 'call_b')],
      },
      {
        call_id: 'call_a',
        tool: 'run_installer',
        status: 'running',
        before: [seqOf('call.requested', 'call_a')],
        percent: 50,
        note: 'unpacking',
      },
    ]);
  });

  test('names its request among the causes of its later entries', () => {
    const story = withOldCall();
    const requested = story.log.find((e) => e.kind === 'call.requested')!.seq;
    const [event] = story.progress('call_a', 2, 75);
    const [end] = story.ends('call_a');
    expect(event!.cause).toContain(requested);
    expect(end!.cause).toContain(requested);
  });
});
