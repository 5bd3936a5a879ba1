import { describe, expect, test } from 'vitest';
import { call, LIMITS, Story } from '../test/kit/story.ts';
import type { Effect } from './event.ts';
import { withoutPush } from './push-news.ts';
import { newConversation } from './state.ts';

function ofHarness(limits = {}): Story {
  const story = new Story();
  story.state = newConversation('codex', { ...LIMITS, ...limits }, 'external', true);
  story.happens({ type: 'request_call', call: call('call_a') });
  return story;
}

const pushed = ({ effects }: Story) =>
  effects.filter((effect): effect is Effect & { kind: 'push_news' } => effect.kind === 'push_news');
const seqs = (story: Story, nth = -1) =>
  pushed(story)
    .at(nth)!
    .news.map(({ seq }) => seq);

describe('news for a harness that can be told', () => {
  test('is pushed after the quiet window, together (R6)', () => {
    const story = ofHarness();
    story.progress('call_a', 1, 50);
    story.progress('call_a', 2, 75);
    expect(pushed(story)).toEqual([]);
    expect(story.wakeAt).toBeDefined();
    story.pass(LIMITS.quiet_ms);
    expect(seqs(story)).toEqual(story.all('call.event').map(({ seq }) => seq));
    expect(story.wakeAt).toBeUndefined();
  });

  test('is pushed at once if it is urgent (R5)', () => {
    const story = ofHarness();
    story.progress('call_a', 1, 50, { schedule: 'interrupt' });
    expect(pushed(story)).toMatchObject([{ news: [{ schedule: 'interrupt' }] }]);
  });

  test('waits for the push before it, and is delivered once', () => {
    const story = ofHarness();
    story.progress('call_a', 1, 50);
    story.pass(LIMITS.quiet_ms);
    story.ends('call_a');
    story.pass(10_000);
    expect(pushed(story)).toHaveLength(1);
    const of = seqs(story);
    expect(story.happens({ type: 'news_pushed', delivered: of })).toMatchObject([
      { kind: 'receipt', of, fate: 'delivered', anchor: 'pushed' },
    ]);
    story.pass(LIMITS.quiet_ms);
    expect(pushed(story)).toHaveLength(2);
    expect(seqs(story)).toEqual([story.all('call.completed')[0]!.seq]);
  });

  test('that the harness has not taken is not pushed again, and is not lost', () => {
    const story = ofHarness();
    story.ends('call_a');
    story.pass(LIMITS.quiet_ms);
    expect(story.happens({ type: 'news_pushed', delivered: [] })).toEqual([]);
    story.pass(100_000);
    expect(pushed(story)).toHaveLength(1);
    expect(story.state.news).toHaveLength(1);
  });

  test('that was acknowledged or delivered before it is due is not pushed', () => {
    const story = ofHarness();
    story.progress('call_a', 1, 50);
    const of = story.all('call.event').map(({ seq }) => seq);
    story.happens({ type: 'deliver', of, anchor: 'here' });
    story.pass(10_000);
    expect(pushed(story)).toEqual([]);
  });

  test('begins as many turns in a minute as an agent of its own may (R12)', () => {
    const story = ofHarness({ unsolicited_per_minute: 1 });
    for (const n of [1, 2]) {
      story.progress('call_a', n, 25 * n);
      story.pass(LIMITS.quiet_ms);
      if (n === 1) story.happens({ type: 'news_pushed', delivered: seqs(story) });
    }
    expect(pushed(story)).toHaveLength(1);
    story.pass(60_000);
    expect(pushed(story)).toHaveLength(2);
  });

  test('is pushed again by the next run, if this one ends in the middle of a push', () => {
    const story = ofHarness();
    story.ends('call_a');
    story.pass(LIMITS.quiet_ms);
    const of = seqs(story);
    story.state = withoutPush(story.state);
    story.pass(1);
    expect(pushed(story)).toHaveLength(2);
    expect(seqs(story)).toEqual(of);
  });

  test('is not pushed once the conversation closes', () => {
    const story = ofHarness();
    story.progress('call_a', 1, 50);
    story.happens({ type: 'close' });
    expect(story.wakeAt).toBeUndefined();
    expect(pushed(story)).toEqual([]);
  });
});

test('a conversation without such a harness pushes nothing, and has no timer', () => {
  const story = new Story();
  story.state = newConversation('codex', LIMITS, 'external');
  story.happens({ type: 'request_call', call: call('call_a') });
  story.ends('call_a');
  expect(story.wakeAt).toBeUndefined();
  expect(pushed(story)).toEqual([]);
});
