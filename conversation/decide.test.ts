import { describe, expect, test } from 'vitest';
import { call, installing, Story } from '../test/kit/story.ts';
import { headOf } from './head.ts';

describe('events that come together', () => {
  test('two messages are answered by one reply', () => {
    const story = new Story();
    story.together(() => {
      story.user('one');
      story.user('two');
    });
    expect(story.kinds).toEqual(['message.user', 'message.user', 'reply.started']);
    expect(story.all('reply.started')).toMatchObject([{ cause: [1, 2], reason: '2 messages' }]);
  });
});

describe('R8: a repeat changes nothing:', () => {
  test('a message id that has been seen', () => {
    const story = new Story();
    story.user('a', { message_id: 'same' });
    expect(story.user('a', { message_id: 'same' })).toEqual([]);
  });

  test('an event number that the call has used', () => {
    const story = installing();
    story.progress('call_a', 1, 25);
    expect(story.progress('call_a', 1, 25)).toEqual([]);
  });

  test('a second end of a call', () => {
    const story = installing();
    story.ends('call_a');
    expect(story.ends('call_a')).toEqual([]);
  });
});

describe('a reply that fails', () => {
  test('leaves the conversation usable, and its news is told with the next turn', () => {
    const story = installing();
    story.progress('call_a', 1, 25);
    story.pass(300);
    story.modelFails();
    expect(story.pass(60_000)).toEqual([]);
    story.user('hello?');
    story.model('25 %.');
    expect(story.all('receipt')).toMatchObject([{ fate: 'spoken', reply_id: 'reply_3' }]);
  });
});

describe('R14: every decision is logged with its causes', () => {
  test('the causes of a reply about progress lead back to the message that asked for it', () => {
    const story = installing();
    story.progress('call_a', 1, 25);
    story.pass(300);
    const bySeq = new Map(story.log.map((entry) => [entry.seq, entry]));
    const path: string[] = [];
    for (let e = story.log.at(-1); e; e = bySeq.get(e.cause[0]!)) path.push(e.kind);
    expect(path).toEqual([
      'reply.started',
      'call.event',
      'call.requested',
      'reply.completed',
      'reply.started',
      'message.user',
    ]);
  });
});

describe('R15: closed is final', () => {
  test('closing stops what is open, gives all news a receipt and ignores later events', () => {
    const story = new Story({ max_running: 1 });
    story.user('two please');
    story.pass(300);
    story.model('Ok.', call('call_a'), call('call_b'));
    story.ends('call_a');
    story.happens({ type: 'close' });
    expect(story.pass(60_000)).toEqual([]);
    story.happens({ type: 'settled' });
    expect(story.all('receipt')).toMatchObject([{ fate: 'failed' }]);
    expect(story.all('call.cancelled')).toMatchObject([{ call_id: 'call_b', by: 'close' }]);
    expect(story.kinds.at(-1)).toBe('conversation.closed');
    expect(story.user('hello?')).toEqual([]);
    expect(headOf(story.state).status).toBe('closed');
  });

  test('a message that comes while the conversation closes is logged and not answered', () => {
    const story = new Story();
    story.together(() => {
      story.happens({ type: 'close' });
      story.user('hello?');
    });
    story.happens({ type: 'settled' });
    expect(story.kinds).toEqual(['message.user', 'conversation.closed']);
  });
});

test('a message that comes in the same task as the end is logged before it', () => {
  const story = new Story();
  story.happens({ type: 'close' });
  story.together(() => {
    story.happens({ type: 'settled' });
    story.user('One more thing');
  });
  expect(story.kinds).toEqual(['message.user', 'conversation.closed']);
});
