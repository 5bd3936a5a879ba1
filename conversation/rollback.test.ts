/** R2, `rollback`: like an interrupt, but the interrupted reply leaves the context. */
import { describe, expect, test } from 'vitest';
import { call, Story } from '../test/kit/story.ts';

const rollback = { when_busy: 'rollback' } as const;
const lastRequest = (story: Story) => story.effectsOf('start_reply').at(-1)!.request;

/** `call_a` runs, and the agent is telling its first news. */
function telling(): Story {
  const story = new Story();
  story.user('install alpha');
  story.pass(300);
  story.model('Starting.', call('call_a'));
  story.pass(2_000);
  story.progress('call_a', 1, 25);
  story.pass(300);
  return story;
}

describe('a reply that is rolled back', () => {
  test('is stopped and marked, and the next reply answers its messages too, in order', () => {
    const story = new Story();
    story.user('one');
    story.user('two', { when_busy: 'queue' });
    const written = story.user('three', rollback);
    expect(written).toMatchObject([
      { kind: 'message.user', seq: 4 },
      { kind: 'reply.interrupted', by: 'message', rolled_back: true, cause: [2, 4] },
      { kind: 'reply.started', because: 'message', cause: [1, 3, 4] },
    ]);
    expect(story.effectsOf('stop_reply')).toEqual([{ kind: 'stop_reply', reply_id: 'reply_1' }]);
  });

  test('leaves no message behind, even the second time', () => {
    const story = new Story();
    story.user('one');
    story.user('two', rollback);
    story.user('three', rollback);
    expect(story.all('reply.started').at(-1)!.cause).toEqual([1, 3, 6]);
    story.model('To all three.');
    expect(story.state).toMatchObject({ unanswered: [], turn: { phase: 'idle' } });
  });

  test('gives back its news: the next reply tells it, and it has one receipt', () => {
    const story = telling();
    const [news] = story.all('call.event');
    expect(lastRequest(story)).toMatchObject({ because: 'news', news: [news!.seq] });
    story.user('In French, please', rollback);
    expect(story.all('receipt')).toEqual([]);
    expect(lastRequest(story)).toMatchObject({ because: 'message', news: [news!.seq] });
    story.model('25 pour cent.');
    expect(story.all('receipt')).toMatchObject([
      { of: [news!.seq], fate: 'spoken', reply_id: 'reply_3' },
    ]);
  });

  test('leaves running calls alone, and they are shown as open', () => {
    const story = telling();
    story.user('In French, please', rollback);
    expect(story.effectsOf('cancel_call')).toEqual([]);
    expect(lastRequest(story).calls).toMatchObject([{ call_id: 'call_a', status: 'running' }]);
  });

  test('starts no call: what it still asks for is ignored', () => {
    const story = new Story();
    story.user('pay Ann');
    const stale = story.replying;
    story.user('pay Bob', rollback);
    const usage = { input_tokens: 1, output_tokens: 1 };
    const result = { text: 'Paying Ann.', usage, calls: [call('call_ann')] };
    expect(story.happens({ type: 'reply_completed', reply_id: stale, result })).toEqual([]);
    story.model('Paying Bob.', call('call_bob'));
    story.pass(10_000);
    expect(story.effectsOf('start_call').map((effect) => effect.call.call_id)).toEqual([
      'call_bob',
    ]);
  });
});

test('a rollback keeps a completed reply but drops its calls that are not released yet', () => {
  const story = new Story();
  story.user('pay Ann');
  story.pass(50);
  story.model('Paying Ann.', call('call_ann'));
  story.user('pay Bob', rollback);
  story.pass(10_000);
  expect(story.all('reply.interrupted')).toEqual([]);
  expect(story.all('call.dropped')).toMatchObject([{ call_id: 'call_ann' }]);
  expect(story.effectsOf('start_call')).toEqual([]);
});

test('a rollback while no reply is in flight is a message like any other', () => {
  const story = new Story();
  story.user('one');
  story.model('One.');
  story.user('two', rollback);
  expect(story.kinds.slice(-2)).toEqual(['message.user', 'reply.started']);
  expect(story.all('reply.started').at(-1)!.cause).toEqual([4]);
});
