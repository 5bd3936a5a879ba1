import { describe, expect, test } from 'vitest';
import { READ_TOOL } from '../contract/names.ts';
import type { CallPush } from '../contract/signals.ts';
import { call, Story } from '../test/kit/story.ts';
import { hearPush, newPushes, type RemoteFacts } from './pushes.ts';

const stored = (n: number | 'end') => ({ n, bytes: 200_000, head: '[1,2,3' });

/** Calls with these ids run, as far as there are slots. */
function running(...calls: ReturnType<typeof call>[]): Story {
  const story = new Story({ max_running: 1 });
  story.user('go');
  story.pass(300);
  story.model('Starting.', ...calls);
  story.pass(2_000);
  return story;
}

test('the log holds the beginning of a result that is stored aside, and nothing else changes', () => {
  const story = running(call('call_a'));
  const event = { call_id: 'call_a', n: 1, event: 'result', schedule: 'when_idle' } as const;
  story.happens({ type: 'call_event', ...event, stored: stored(1) });
  story.ends('call_a', { type: 'completed', result: null, stored: stored('end') });
  expect(story.all('call.event')).toMatchObject([{ n: 1, stored: stored(1) }]);
  expect(story.all('call.event')[0]).not.toHaveProperty('data');
  expect(story.all('call.completed')).toMatchObject([{ result: null, stored: stored('end') }]);
});

describe('R9: a call that reads a large result', () => {
  const reads = (id: string) => call(id, { tool: READ_TOOL, input: { call_id: 'call_z' } });
  const started = (story: Story) =>
    story.effectsOf('start_call').map((effect) => effect.call.call_id);

  test('begins at once, however many calls run or wait', () => {
    const story = running(call('call_a'), call('call_b'), reads('call_r'));
    expect(started(story)).toEqual(['call_a', 'call_r']);
    expect(story.all('call.queued').map(({ call_id }) => call_id)).toEqual(['call_b']);
  });

  test('takes no slot from another call', () => {
    const story = running(reads('call_r'), reads('call_s'), call('call_a'), call('call_b'));
    expect(started(story)).toEqual(['call_r', 'call_s', 'call_a']);
    story.ends('call_r');
    expect(started(story)).toEqual(['call_r', 'call_s', 'call_a']);
    story.ends('call_a');
    expect(started(story)).toEqual(['call_r', 'call_s', 'call_a', 'call_b']);
  });
});

describe('a push that was stored aside', () => {
  const conversation = { tenant: 'acme', id: 'conv_1' };
  const start = { conversation, call_id: 'call_1', tool: 'render', input: {} };
  const hear = (push: CallPush, results: RemoteFacts['results']) => {
    const facts: RemoteFacts = { kind: 'remote', timeout_ms: 9_000, silence_ms: 9_000, results };
    return hearPush(newPushes(start, facts, 0), push, { start, facts, now: 1 });
  };

  test('is told by its beginning, under a number of its call', () => {
    const push = { n: 7, kind: 'result', stored: stored(7), schedule: 'when_idle' } as const;
    const { event } = hear(push, { min: 1, max: 'many' });
    expect(event).toMatchObject({ n: 1, pushed_n: 7, stored: stored(7) });
    expect(event).not.toHaveProperty('data');
  });

  test('counts as a result like any other at the end', () => {
    const done = { n: 1, kind: 'done', stored: stored('end') } as const;
    const end = { type: 'completed', result: null, stored: stored('end') };
    expect(hear(done, { min: 1, max: 1 }).end).toEqual(end);
    // A tool that requires no result may end with one.
    expect(hear(done, { min: 0, max: 'many' }).end).toEqual(end);
    expect(hear(done, { min: 2, max: 2 }).end).toMatchObject({ error: { type: 'TooFewResults' } });
  });
});
