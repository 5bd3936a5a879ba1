import { describe, expect, test } from 'vitest';
import { call, Story } from '../test/kit/story.ts';

describe('R1: at most one reply is in flight', () => {
  test('a queued message waits until the reply before it is over', () => {
    const story = new Story();
    story.user('one');
    expect(story.user('two', { when_busy: 'queue' }).map((e) => e.kind)).toEqual(['message.user']);
    expect(story.model('answer one').map((e) => e.kind)).toEqual([
      'reply.completed',
      'reply.started',
    ]);
  });
});

describe('R2: user input always wins', () => {
  test('a message interrupts the reply in flight and is answered with everything known', () => {
    const story = new Story();
    story.user('tell me a long story');
    const written = story.user('stop, what time is it?');
    expect(written.map((e) => e.kind)).toEqual([
      'message.user',
      'reply.interrupted',
      'reply.started',
    ]);
    expect(written[2]).toMatchObject({ because: 'message', cause: [1, 3] });
    expect(story.effectsOf('stop_reply')).toEqual([{ kind: 'stop_reply', reply_id: 'reply_1' }]);
  });

  test('rollback removes the interrupted reply from the context', () => {
    const story = new Story();
    story.user('a');
    story.user('b', { when_busy: 'rollback' });
    expect(story.all('reply.interrupted')).toMatchObject([{ rolled_back: true, by: 'message' }]);
  });

  test('late output of an interrupted reply is ignored', () => {
    const story = new Story();
    story.user('a');
    const stale = story.replying;
    story.user('b');
    const result = { text: 'x', usage: { input_tokens: 1, output_tokens: 1 }, calls: [call('c')] };
    expect(story.happens({ type: 'reply_completed', reply_id: stale, result })).toEqual([]);
  });

  test('a request to be quiet stops the reply and starts no new one', () => {
    const story = new Story();
    story.user('a');
    const written = story.interrupt({ scope: 'reply' });
    expect(written.map((e) => e.kind)).toEqual(['reply.interrupted']);
    expect(story.pass(60_000)).toEqual([]);
  });

  test.each([
    { id: 'stop_1', scope: 'all' as const },
    { scope: 'all' as const, message: { message_id: 'm', text: 'shorter!' } },
  ])('a repeated interrupt stops nothing that has begun since (R8): %j', (interrupt) => {
    const story = new Story();
    story.user('a');
    story.interrupt(interrupt);
    story.user('b');
    expect(story.interrupt(interrupt)).toEqual([]);
    expect(story.replying).toBeDefined();
  });

  test('an interrupt with a message is answered', () => {
    const story = new Story();
    story.user('a');
    story.interrupt({ scope: 'reply', message: { message_id: 'x', text: 'shorter!' } });
    expect(story.kinds.slice(-3)).toEqual(['reply.interrupted', 'message.user', 'reply.started']);
  });
});
