import { describe, expect, test } from 'vitest';
import { call, installing, Story } from '../test/kit/story.ts';

describe('R4: of what waits,', () => {
  test('a message is answered before news, and the same reply tells the news', () => {
    const story = installing();
    story.progress('call_a', 1, 25);
    story.user('what is a signal?');
    const [started] = story.all('reply.started').slice(-1);
    expect(started).toMatchObject({ because: 'message', reason: 'a message, 25 % of call_a' });
    story.model('25 %, and a signal is …');
    expect(story.all('receipt')).toMatchObject([{ fate: 'spoken', reply_id: 'reply_2' }]);
  });

  test('ends come before partial results before progress', () => {
    const story = new Story();
    story.user('start three');
    story.pass(300);
    story.model('Ok.', call('call_a'), call('call_b'), call('call_c'));
    story.pass(2_000);
    story.progress('call_a', 1, 25);
    story.happens({
      type: 'call_event',
      call_id: 'call_b',
      n: 1,
      event: 'result',
      data: 1,
      schedule: 'when_idle',
    });
    story.ends('call_c');
    story.pass(300);
    const [progress, result] = story.all('call.event');
    const [end] = story.all('call.completed');
    const told = story.effectsOf('start_reply').at(-1)!.request.news;
    expect(told).toEqual([end!.seq, result!.seq, progress!.seq]);
  });
});

describe('R5: each call event has a schedule:', () => {
  test('silent news is told with the next turn and starts none', () => {
    const story = installing();
    story.progress('call_a', 1, 25, { schedule: 'silent' });
    expect(story.pass(60_000)).toEqual([]);
    story.user('hello');
    expect(story.effectsOf('start_reply').at(-1)!.request.news).toHaveLength(1);
  });

  test('when_idle waits until nobody is speaking', () => {
    const story = installing();
    story.user('tell me something');
    story.progress('call_a', 1, 25);
    story.pass(10_000);
    expect(story.all('reply.started')).toHaveLength(2);
    story.model('Something.');
    expect(story.all('reply.started').at(-1)).toMatchObject({ because: 'news' });
  });

  test('interrupt cuts in, and the next reply answers the interrupted message too', () => {
    const story = installing();
    story.user('tell me something');
    story.progress('call_a', 1, 25, { schedule: 'interrupt' });
    expect(story.kinds.slice(-3)).toEqual(['call.event', 'reply.interrupted', 'reply.started']);
    expect(story.all('reply.started').at(-1)).toMatchObject({ because: 'message' });
  });

  test('news that was cut off before it was said is told again', () => {
    const story = installing();
    story.progress('call_a', 1, 25);
    story.pass(300);
    story.user('wait');
    expect(story.all('receipt')).toEqual([]);
    story.model('Yes? By the way, 25 %.');
    expect(story.all('receipt')).toMatchObject([{ fate: 'spoken', reply_id: 'reply_3' }]);
  });
});

describe('R6: news is batched', () => {
  test('a burst becomes one turn that is told the latest state', () => {
    const story = installing();
    for (const n of [1, 2, 3, 4]) {
      story.progress('call_a', n, n * 10);
      story.pass(100);
    }
    story.pass(150);
    expect(story.all('reply.started')).toHaveLength(2);
    expect(story.all('reply.started')[1]).toMatchObject({ reason: '40 % of call_a' });
    story.model('40 %');
    expect(story.all('receipt').map(({ fate, of }) => [fate, of.length])).toEqual([
      ['merged', 3],
      ['spoken', 1],
    ]);
  });

  test('news that never stops is told after two seconds', () => {
    const story = installing();
    for (let n = 1; n <= 20; n++) {
      story.progress('call_a', n, n);
      story.pass(100);
    }
    expect(story.all('reply.started')).toHaveLength(2);
  });

  test('a silent reply leaves a silent receipt', () => {
    const story = installing();
    story.progress('call_a', 1, 25);
    story.pass(300);
    story.model('');
    expect(story.all('receipt')).toMatchObject([{ fate: 'silent' }]);
  });
});
