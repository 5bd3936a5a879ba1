import { describe, expect, test } from 'vitest';
import { call, Story } from '../test/kit/story.ts';
import { MOST_REFUSALS } from './too-long.ts';

const BUDGET = 10_000;
const usage = { input_tokens: 10, output_tokens: 1 };
const error = { type: 'ModelContextTooLong', message: 'Too long.' };

/** A window of three turns with 1,000 tokens each, and 900 around them. */
const sizes = { fixed: 900, turns: [3_000, 2_000, 1_000] };
const tooLong = (most: number) => ({ ...sizes, tokens: 3_900, most });

function turn(story: Story) {
  story.user('go on');
  const result = { text: 'Ok.', usage, calls: [], tokens: 3_900, sizes };
  story.happens({ type: 'reply_completed', reply_id: story.replying, result });
}

function talked(): Story {
  const story = new Story({ context_tokens: BUDGET });
  turn(story);
  turn(story);
  story.user('and now?');
  return story;
}

const refuses = (story: Story, most = 3_000) =>
  story.happens({
    type: 'reply_failed',
    reply_id: story.replying,
    error,
    too_long: tooLong(most),
  });

const asked = (story: Story) => story.effectsOf('summarise').map(({ range }) => range);
const replies = (story: Story) => story.effectsOf('start_reply').map(({ request }) => request);
const sums = (story: Story) =>
  story.happens({
    type: 'summary_completed',
    to: story.state.context!.underWay!.to,
    result: { text: 'They went on.', usage },
  });

describe('a reply whose window is refused as too long', () => {
  test('is retried when a summary has made room', () => {
    const story = talked();
    expect(refuses(story)).toMatchObject([{ kind: 'reply.failed', error }]);
    // Half of what is left beside 900 tokens holds one turn.
    expect(asked(story)).toEqual([{ from: 1, to: 6, most_tokens: 1_500 }]);
    expect(replies(story)).toHaveLength(3);
    const [summary, started] = sums(story);
    expect([summary!.kind, started!.kind]).toEqual(['summary', 'reply.started']);
    expect(started).toMatchObject({ because: 'message', cause: [7, 8] });
    expect(replies(story)[3]).toMatchObject({ from: 7, to: 11, summary: 10, most_tokens: 3_000 });
  });

  test('keeps as many turns as fit into what the provider accepts', () => {
    const story = talked();
    refuses(story, 6_000);
    expect(asked(story)).toMatchObject([{ from: 1, to: 3 }]);
  });

  test('is retried even if the summary fails', () => {
    const story = talked();
    refuses(story);
    const { to } = story.state.context!.underWay!;
    const away = { type: 'ModelUnavailable', message: 'Away.' };
    story.happens({ type: 'summary_failed', to, error: away });
    expect(replies(story)[3]).toMatchObject({ from: 1, most_tokens: 3_000 });
  });

  test('is retried at once with a shorter window when there is nothing to sum up', () => {
    const story = new Story({ context_tokens: BUDGET });
    story.user('a very long message');
    refuses(story, 2_000);
    expect(asked(story)).toEqual([]);
    expect(replies(story)).toMatchObject([{ most_tokens: BUDGET }, { most_tokens: 2_000 }]);
  });

  test('is not retried when there is nothing to sum up and nothing to shorten', () => {
    const story = new Story({ context_tokens: BUDGET });
    story.user('hello');
    const little = { fixed: 900, turns: [10], tokens: 910, most: 637 };
    story.happens({ type: 'reply_failed', reply_id: story.replying, error, too_long: little });
    expect(replies(story)).toHaveLength(1);
    expect(story.state.turn.phase).toBe('idle');
  });

  test('is given up after the allowed number of refusals, and the next message starts afresh', () => {
    const story = new Story({ context_tokens: BUDGET });
    story.user('a very long message');
    for (let nth = 0; nth <= MOST_REFUSALS; nth += 1) refuses(story, 2_000);
    expect(story.state.turn.phase).toBe('idle');
    expect(replies(story)).toHaveLength(MOST_REFUSALS + 1);
    story.user('hello?');
    refuses(story, 2_000);
    expect(story.state.context!.again).toBeDefined();
  });

  test('is replaced by one that also answers what the user writes meanwhile', () => {
    const story = talked();
    refuses(story);
    expect(story.user('hello?').map(({ kind }) => kind)).toEqual(['message.user']);
    const started = sums(story).at(-1)!;
    expect(started).toMatchObject({ kind: 'reply.started', cause: [7, 8, 10] });
  });

  test('is not retried when the user interrupts', () => {
    const story = talked();
    refuses(story);
    story.interrupt({ scope: 'reply' });
    expect(sums(story).map(({ kind }) => kind)).toEqual(['summary']);
    expect(replies(story)).toHaveLength(3);
  });

  test('waits in an idle conversation, which can still close', () => {
    const story = talked();
    refuses(story);
    expect(story.state.turn.phase).toBe('idle');
    expect(story.wakeAt).toBeUndefined();
    story.happens({ type: 'close' });
    story.happens({ type: 'settled' });
    expect(story.kinds.at(-1)).toBe('conversation.closed');
  });

  test('that was telling news tells it when it is retried', () => {
    const story = talked();
    const result = { text: 'Ok.', usage, calls: [call('call_a')], tokens: 3_900, sizes };
    story.happens({ type: 'reply_completed', reply_id: story.replying, result });
    story.pass(5_000);
    story.progress('call_a', 1, 50);
    story.pass(1_000);
    const { news } = replies(story).at(-1)!;
    expect(news).toHaveLength(1);
    refuses(story);
    sums(story);
    expect(replies(story).at(-1)).toMatchObject({ because: 'news', news });
  });

  test('within a turn is retried within that turn', () => {
    const story = talked();
    const result = { text: '', usage, calls: [call('call_a')], tokens: 3_900, sizes };
    story.happens({ type: 'reply_completed', reply_id: story.replying, result });
    story.pass(300);
    story.ends('call_a');
    story.pass(1_600);
    expect(replies(story).at(-1)).toMatchObject({ because: 'results' });
    refuses(story);
    sums(story);
    expect(replies(story).at(-1)).toMatchObject({ because: 'results', from: 7 });
    expect(story.state.turn).toMatchObject({ reply: { step: 2 } });
  });
});

describe('a window that approaches its budget', () => {
  test('is summed up before it reaches it, and keeps the turns that fit into half of the room', () => {
    const story = new Story({ context_tokens: 5_000 });
    for (let nth = 0; nth < 3; nth += 1) turn(story);
    // 3,900 of 5,000 tokens; half of 4,100 holds two turns.
    expect(asked(story)).toMatchObject([{ from: 1, to: 3 }]);
  });

  test('keeps no turn when even the last one is too large, and nothing waits', () => {
    const story = new Story({ context_tokens: 5_000 });
    story.user('a very long message');
    const result = {
      text: 'Ok.',
      usage,
      calls: [],
      tokens: 4_900,
      sizes: { fixed: 900, turns: [4_000] },
    };
    story.happens({ type: 'reply_completed', reply_id: story.replying, result });
    expect(asked(story)).toMatchObject([{ from: 1, to: 3 }]);
  });

  test('keeps a turn that is still in progress', () => {
    const story = new Story({ context_tokens: 5_000 });
    story.user('a very long message');
    const calls = [call('call_a')];
    const result = {
      text: 'Ok.',
      usage,
      calls,
      tokens: 4_900,
      sizes: { fixed: 900, turns: [4_000] },
    };
    story.happens({ type: 'reply_completed', reply_id: story.replying, result });
    expect(asked(story)).toEqual([]);
  });
});

describe('the cost of an interrupted reply', () => {
  test('is counted by the next reply, as an estimate', () => {
    const story = talked();
    story.user('stop');
    const { cut_off } = replies(story).at(-1)!;
    expect(cut_off).toEqual([{ from: 1, started: 8 }]);
    const lost = { input_tokens: 500, output_tokens: 30, estimated: true as const };
    const result = { text: 'Ok.', usage, calls: [], cut_off: lost };
    story.happens({ type: 'reply_completed', reply_id: story.replying, result });
    expect(story.state.usage).toEqual({ input_tokens: 530, output_tokens: 33, estimated: true });
    story.user('and now?');
    expect(replies(story).at(-1)).not.toHaveProperty('cut_off');
  });
});
