import { describe, expect, test } from 'vitest';
import { bySelf, tells, toldLast } from '../test/kit/initiative-story.ts';
import { call, installing, type Story } from '../test/kit/story.ts';

describe('R12: within a minute', () => {
  /** Two unprompted turns have been taken, 300 ms apart, and a third is due. */
  function held(): Story {
    const story = installing({ unsolicited_per_minute: 2 });
    for (const n of [1, 2, 3]) tells(story, n);
    return story;
  }

  test('the agent starts as many unprompted turns as allowed, then waits, and the log says why', () => {
    const story = held();
    expect(bySelf(story)).toHaveLength(2);
    const news = story.all('call.event').at(-1)!;
    expect(story.all('limit.reached')).toMatchObject([
      {
        limit: 'unsolicited_per_minute',
        value: 2,
        cause: [news.seq],
        actor: { type: 'system', id: 'conversation' },
      },
    ]);
  });

  test('the agent goes on when the oldest of those turns is a minute old, and tells all that has gathered in one turn', () => {
    const story = held();
    for (const n of [4, 5, 6]) tells(story, n);
    const freed = Date.parse(bySelf(story)[0]!.at) + 60_000;
    expect(story.wakeAt).toBe(freed);
    story.pass(freed - story.now - 1);
    expect(bySelf(story)).toHaveLength(2);
    story.pass(1);
    expect(bySelf(story)).toHaveLength(3);
    expect(toldLast(story)).toHaveLength(4);
    expect(story.all('limit.reached')).toHaveLength(1);
  });

  test('the limit is logged again each time it starts to hold news back', () => {
    const story = held();
    story.pass(60_000);
    story.model('3 %');
    tells(story, 4);
    tells(story, 5);
    expect(bySelf(story)).toHaveLength(4);
    expect(story.all('limit.reached')).toHaveLength(2);
  });

  test('a message is answered at once, and the answer tells the news that was held back', () => {
    const story = held();
    story.user('How far is it?');
    expect(story.all('reply.started').at(-1)).toMatchObject({ because: 'message' });
    expect(toldLast(story)).toHaveLength(1);
    story.model('3 %');
    expect(story.wakeAt).toBeUndefined();
    tells(story, 4);
    expect(bySelf(story)).toHaveLength(2);
    expect(story.all('limit.reached')).toHaveLength(2);
  });

  test('held-back news of a cancelled call is dropped, and the next time the limit is logged again', () => {
    const story = installing({ unsolicited_per_minute: 1 });
    story.user('and another');
    story.pass(300);
    story.model('Two.', call('call_b'));
    story.pass(2_000);
    for (const n of [1, 2]) tells(story, n);
    story.happens({ type: 'cancel_call', call_id: 'call_a' });
    expect(story.wakeAt).toBeUndefined();
    story.progress('call_b', 1, 50);
    story.pass(300);
    expect(story.all('limit.reached')).toHaveLength(2);
    story.pass(60_000);
    expect(bySelf(story)).toHaveLength(2);
  });

  test('urgent news that cuts into an answer counts as a turn, and lets the answer end when it is held back', () => {
    const story = installing({ unsolicited_per_minute: 2 });
    story.user('Tell me a story');
    const urgent = { schedule: 'interrupt' } as const;
    for (const n of [1, 2, 3]) story.progress('call_a', n, n, urgent);
    expect(story.all('reply.interrupted')).toHaveLength(2);
    expect(story.all('limit.reached')).toMatchObject([{ limit: 'unsolicited_per_minute' }]);
    story.model('Once upon a time.');
    expect(story.state.turn).toEqual({ phase: 'idle' });
    story.pass(60_000);
    expect(bySelf(story)).toHaveLength(1);
  });

  test('urgent news that is held back cuts in once allowed if the answer is still in flight', () => {
    const story = installing({ unsolicited_per_minute: 1 });
    const urgent = { schedule: 'interrupt' } as const;
    story.progress('call_a', 1, 1, urgent);
    story.model('1 %');
    story.user('Tell me a long story');
    story.progress('call_a', 2, 2, urgent);
    const freed = Date.parse(bySelf(story)[0]!.at) + 60_000;
    expect(story.wakeAt).toBe(freed);
    story.pass(freed - story.now);
    expect(story.all('reply.interrupted')).toMatchObject([{ by: 'event' }]);
    expect(toldLast(story)).toHaveLength(1);
  });

  test('an unprompted turn that urgent news cuts off still counts', () => {
    const story = installing({ unsolicited_per_minute: 2 });
    const urgent = { schedule: 'interrupt' } as const;
    for (const n of [1, 2, 3]) story.progress('call_a', n, n, urgent);
    expect(bySelf(story)).toHaveLength(2);
    expect(story.all('limit.reached')).toHaveLength(1);
  });

  test('urgent news that is held back during the grace of quick calls is told with their results', () => {
    const story = installing({ unsolicited_per_minute: 1 });
    const urgent = { schedule: 'interrupt' } as const;
    tells(story, 1);
    story.user('What time is it?');
    story.pass(300);
    story.model('', call('call_b'));
    expect(story.state.turn.phase).toBe('grace');
    story.progress('call_a', 2, 2, urgent);
    expect(story.state.turn.phase).toBe('grace');
    story.ends('call_b');
    expect(story.all('reply.started').at(-1)).toMatchObject({ because: 'results' });
    expect(toldLast(story)).toHaveLength(2);
  });

  test('urgent news that comes together with the results is told with them at once', () => {
    const story = installing({ unsolicited_per_minute: 1 });
    tells(story, 1);
    story.user('What time is it?');
    story.pass(300);
    story.model('', call('call_b'));
    story.together(() => {
      story.progress('call_a', 2, 2, { schedule: 'interrupt' });
      story.ends('call_b');
    });
    expect(story.all('reply.started').at(-1)).toMatchObject({ because: 'results' });
    expect(toldLast(story)).toHaveLength(2);
    expect(story.kinds).not.toContain('limit.reached');
  });

  test('later replies of the same turn do not count as turns', () => {
    const story = installing({ unsolicited_per_minute: 1, unsolicited_in_a_row: 1 });
    story.progress('call_a', 1, 1);
    story.pass(300);
    story.model('', call('call_b'));
    story.ends('call_b');
    expect(story.all('reply.started').map(({ because }) => because)).toEqual([
      'message',
      'news',
      'results',
    ]);
    expect(story.all('limit.reached')).toEqual([]);
  });
});

describe('R12: in a row', () => {
  function held(): Story {
    const story = installing({ unsolicited_in_a_row: 2 });
    for (const n of [1, 2, 3]) tells(story, n);
    return story;
  }

  test('after the allowed number of unprompted turns the agent stays quiet, and the log says so once', () => {
    const story = held();
    story.pass(3_600_000);
    tells(story, 4);
    expect(bySelf(story)).toHaveLength(2);
    const [, , third] = story.all('call.event');
    expect(story.all('limit.reached')).toMatchObject([
      { limit: 'unsolicited_in_a_row', value: 2, cause: [third!.seq] },
    ]);
    expect(story.wakeAt).toBeUndefined();
  });

  test('the next message resets the limit, and its answer tells what has gathered', () => {
    const story = held();
    story.user('And?');
    expect(toldLast(story)).toHaveLength(1);
    story.model('3 %');
    for (const n of [4, 5, 6]) tells(story, n);
    expect(bySelf(story)).toHaveLength(4);
    expect(story.all('limit.reached')).toHaveLength(2);
  });

  test('a person may approve a call while the agent is quiet: it runs, and the news of its end waits', () => {
    const story = installing({ unsolicited_in_a_row: 1 });
    story.user('pay Ann');
    story.pass(300);
    story.model('', call('call_pay', { approval: { timeout_ms: 3_600_000 } }));
    story.pass(2_000);
    if (story.state.turn.phase === 'replying') story.model('It awaits a yes.');
    for (const n of [1, 2]) tells(story, n);
    expect(story.state.hushed).toBe(true);
    story.decides('call_pay', 'approve');
    expect(story.effectsOf('start_call').at(-1)!.call.call_id).toBe('call_pay');
    story.ends('call_pay');
    expect(story.pass(60_000)).toEqual([]);
    story.user('Is it paid?');
    const ended = story.all('call.completed').map(({ seq }) => seq);
    expect(toldLast(story)).toEqual(expect.arrayContaining(ended));
  });

  test('the conversation may close while the agent is quiet, and news that was held back gets its receipt', () => {
    const story = held();
    story.ends('call_a');
    story.happens({ type: 'close' });
    story.happens({ type: 'settled' });
    const [, , third] = story.all('call.event');
    const [end] = story.all('call.completed');
    const receipt = { of: [third!.seq, end!.seq], fate: 'failed' };
    expect(story.all('receipt').at(-1)).toMatchObject(receipt);
    expect(story.kinds.at(-1)).toBe('conversation.closed');
  });
});
test('R12: nothing is held back without limits, as in conversations from before limits existed', () => {
  const story = installing();
  for (let n = 1; n <= 99; n++) tells(story, n);
  expect(bySelf(story)).toHaveLength(99);
  expect(story.kinds).not.toContain('limit.reached');
});
