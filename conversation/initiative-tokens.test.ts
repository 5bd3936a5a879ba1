import { describe, expect, test } from 'vitest';
import { bySelf, tells, toldLast } from '../test/kit/initiative-story.ts';
import { installing } from '../test/kit/story.ts';
import type { Story } from '../test/kit/story.ts';

describe('R12: tokens', () => {
  /** Each reply takes 11. */
  const spent = () => {
    const story = installing({ max_tokens: 22 });
    for (const n of [1, 2]) tells(story, n);
    return story;
  };

  test('once they are spent, the agent starts no turn unprompted', () => {
    const story = spent();
    expect(story.state.usage).toEqual({ input_tokens: 20, output_tokens: 2 });
    expect(bySelf(story)).toHaveLength(1);
    expect(story.all('limit.reached')).toMatchObject([{ limit: 'max_tokens', value: 22 }]);
    expect(story.pass(3_600_000)).toEqual([]);
  });

  test('a message is still answered; then the limit holds again and is logged when news is held back', () => {
    const story = spent();
    story.user('How far?');
    expect(toldLast(story)).toHaveLength(1);
    story.model('2 %');
    story.pass(60_000);
    expect(story.all('limit.reached')).toHaveLength(1);
    tells(story, 3);
    tells(story, 4);
    expect(bySelf(story)).toHaveLength(1);
    expect(story.all('limit.reached')).toHaveLength(2);
  });

  test('urgent news does not cut into an answer, and a queued message releases what is held back', () => {
    const story = spent();
    story.user('Tell me a story');
    story.user('And then?', { when_busy: 'queue' });
    story.progress('call_a', 3, 3, { schedule: 'interrupt' });
    expect(story.all('reply.interrupted')).toEqual([]);
    expect(story.all('limit.reached')).toHaveLength(2);
    story.model('Once upon a time.');
    expect(toldLast(story)).toHaveLength(1);
    expect(story.state.hushed).toBe(false);
  });
});

test('R12: the cost of a failed reply counts', () => {
  const story = installing();
  const error = { type: 'ModelCutOff', message: 'It was too long.' };
  const usage = { input_tokens: 7, output_tokens: 5 };
  const before = story.state.usage;
  story.user('Tell me everything.');
  const [failed] = story.happens({
    type: 'reply_failed',
    reply_id: story.replying,
    error,
    usage,
  });
  expect(failed).toMatchObject({ kind: 'reply.failed', error, usage });
  expect(story.state.usage).toEqual({
    input_tokens: before.input_tokens + 7,
    output_tokens: before.output_tokens + 5,
  });
});

describe('R12: tokens of the tenant', () => {
  const limit = { limit: 'max_tokens_per_tenant_per_day', value: 1_000 };
  const error = { type: 'TenantTokensSpent', message: 'The tokens are spent.' };
  const refuse = (story: Story) =>
    story.happens({ type: 'reply_failed', reply_id: story.replying, error, limit });

  test('once they are spent, an unprompted reply fails and its news waits for the next message', () => {
    const story = installing();
    story.progress('call_a', 1, 1);
    story.pass(300);
    const written = refuse(story);
    const [event] = story.all('call.event');
    expect(written).toMatchObject([
      { kind: 'reply.failed', error },
      { kind: 'limit.reached', ...limit, cause: [event!.seq, written[0]!.seq] },
    ]);
    story.progress('call_a', 2, 2, { schedule: 'interrupt' });
    expect(story.pass(3_600_000)).toEqual([]);
    story.user('How far?');
    expect(toldLast(story)).toHaveLength(2);
    story.model('2 %');
    expect(story.all('receipt').map(({ fate }) => fate)).toEqual(['merged', 'spoken']);
  });

  test('after the next answer the agent tries again, since another day may have begun', () => {
    const story = installing();
    story.progress('call_a', 1, 1);
    story.pass(300);
    refuse(story);
    story.user('How far?');
    story.model('1 %');
    story.progress('call_a', 2, 2);
    story.pass(300);
    expect(bySelf(story)).toHaveLength(2);
  });

  test('a queued message is answered at once', () => {
    const story = installing();
    story.progress('call_a', 1, 1);
    story.pass(300);
    story.user('How far?', { when_busy: 'queue' });
    refuse(story);
    expect(story.all('reply.started').at(-1)).toMatchObject({ because: 'message' });
    expect(toldLast(story)).toHaveLength(1);
  });
});
