import { describe, expect, test } from 'vitest';
import { call, Story } from '../testing/story.ts';
import { headOf } from './head.ts';

/** A conversation in which `call_a` has just been started, and the model has said so. */
function installing(limits = {}): Story {
  const story = new Story(limits);
  story.user('run the installer and update me every 25%');
  story.pass(300);
  story.model('Starting it.', call('call_a'));
  story.pass(2_000);
  return story;
}

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
    expect(story.effectsOf('stop_reply')).toEqual([{ type: 'stop_reply', reply_id: 'reply_1' }]);
  });

  test('rollback takes what was said out of the context', () => {
    const story = new Story();
    story.user('a');
    story.user('b', { when_busy: 'rollback' });
    expect(story.all('reply.interrupted')).toMatchObject([{ rolled_back: true, by: 'message' }]);
  });

  test('what an interrupted reply still brings in is ignored', () => {
    const story = new Story();
    story.user('a');
    const stale = story.replying;
    story.user('b');
    const result = { text: 'x', usage: { input_tokens: 1, output_tokens: 1 }, calls: [call('c')] };
    expect(story.happens({ type: 'reply_completed', reply_id: stale, result })).toEqual([]);
  });

  test('a request to be quiet stops the reply and starts no other', () => {
    const story = new Story();
    story.user('a');
    const written = story.interrupt({ scope: 'reply' });
    expect(written.map((e) => e.kind)).toEqual(['reply.interrupted']);
    expect(story.pass(60_000)).toEqual([]);
  });

  test('an interrupt with a word is answered', () => {
    const story = new Story();
    story.user('a');
    story.interrupt({ scope: 'reply', message: { message_id: 'x', text: 'shorter!' } });
    expect(story.kinds.slice(-3)).toEqual(['reply.interrupted', 'message.user', 'reply.started']);
  });
});

describe('R3: effects are debounced, words are not', () => {
  test('a call is released once the last message is old enough', () => {
    const story = new Story();
    story.user('install alpha');
    story.pass(50);
    story.model('Starting.', call('call_a'));
    expect(story.effectsOf('start_call')).toEqual([]);
    story.pass(149);
    expect(story.effectsOf('start_call')).toEqual([]);
    story.pass(1);
    expect(story.effectsOf('start_call')).toHaveLength(1);
  });

  test('a call decided on stale input never runs', () => {
    const story = new Story();
    story.user('pay Ann');
    story.pass(50);
    story.model('Paying Ann.', call('call_a'));
    story.user('no, pay Bob');
    story.pass(10_000);
    expect(story.all('call.dropped')).toMatchObject([{ call_id: 'call_a', cause: [4, 5] }]);
    expect(story.effectsOf('start_call')).toEqual([]);
  });

  test('a queued message that came during the reply makes its calls stale too', () => {
    const story = new Story();
    story.user('pay Ann');
    story.user('no, Bob', { when_busy: 'queue' });
    story.pass(1_000);
    story.model('Paying Ann.', call('call_a'));
    expect(story.all('call.dropped')).toHaveLength(1);
    expect(story.kinds.at(-1)).toBe('reply.started');
  });
});

describe('R4: the order of what waits', () => {
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

describe('R5: each call event has a schedule', () => {
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

  test('interrupt cuts in, and the message that was being answered is answered with it', () => {
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

  test('news that never stops is told after two seconds all the same', () => {
    const story = installing();
    for (let n = 1; n <= 20; n++) {
      story.progress('call_a', n, n);
      story.pass(100);
    }
    expect(story.all('reply.started')).toHaveLength(2);
  });

  test('a model that has nothing to say leaves a silent receipt', () => {
    const story = installing();
    story.progress('call_a', 1, 25);
    story.pass(300);
    story.model('');
    expect(story.all('receipt')).toMatchObject([{ fate: 'silent' }]);
  });
});

describe('R8: repeats change nothing', () => {
  test('the same message id', () => {
    const story = new Story();
    story.user('a', { message_id: 'same' });
    expect(story.user('a', { message_id: 'same' })).toEqual([]);
  });

  test('the same number of the same call', () => {
    const story = installing();
    story.progress('call_a', 1, 25);
    expect(story.progress('call_a', 1, 25)).toEqual([]);
  });

  test('a second end', () => {
    const story = installing();
    story.ends('call_a');
    expect(story.ends('call_a')).toEqual([]);
  });
});

describe('R9: so many calls run at once', () => {
  test('further ones queue in order, and start as others end', () => {
    const story = new Story({ max_running: 1 });
    story.user('three please');
    story.pass(300);
    story.model('Ok.', call('call_a'), call('call_b'), call('call_c'));
    expect(story.all('call.queued')).toMatchObject([
      { call_id: 'call_b', position: 1 },
      { call_id: 'call_c', position: 2 },
    ]);
    story.ends('call_a', { type: 'failed', error: { type: 'X', message: 'x' } });
    expect(story.effectsOf('start_call').map((e) => e.call.call_id)).toEqual(['call_a', 'call_b']);
    expect(headOf(story.state).calls).toMatchObject([
      { id: 'call_b', status: 'running' },
      { id: 'call_c', status: 'queued', position: 1 },
      { id: 'call_a', status: 'failed' },
    ]);
  });

  test('cancelling all of them starts none of those that queue', () => {
    const story = new Story({ max_running: 1 });
    story.user('two please');
    story.pass(300);
    story.model('Ok.', call('call_a'), call('call_b'));
    story.interrupt({ scope: 'calls' });
    expect(story.effectsOf('start_call')).toHaveLength(1);
    expect(story.effectsOf('cancel_call')).toEqual([{ type: 'cancel_call', call_id: 'call_a' }]);
  });
});

describe('R11: a quick tool is not made asynchronous', () => {
  test('its result goes to the model in the same turn', () => {
    const story = new Story();
    story.user('what time is it?');
    story.pass(300);
    story.model('', call('call_a'));
    story.pass(20);
    const written = story.ends('call_a', { type: 'completed', result: '12:00' });
    expect(written.map((e) => e.kind)).toEqual(['call.completed', 'reply.started']);
    expect(written[1]).toMatchObject({ because: 'results' });
  });

  test('what the model has said it started is not said again', () => {
    const story = installing();
    expect(story.all('reply.started')).toHaveLength(1);
    expect(story.state.turn).toEqual({ phase: 'idle' });
  });

  test('a model that started something without a word is asked for one', () => {
    const story = new Story();
    story.user('install alpha');
    story.pass(300);
    story.model('', call('call_a'));
    story.pass(1_499);
    expect(story.all('reply.started')).toHaveLength(1);
    story.pass(1);
    expect(story.all('reply.started')).toMatchObject([{}, { because: 'results' }]);
  });

  test('a call with a problem fails at once and the model may correct itself', () => {
    const story = new Story();
    story.user('install');
    story.pass(300);
    const problem = { type: 'InvalidInput', message: 'package: required' };
    story.model('Starting.', call('call_a', { problem }));
    expect(story.all('call.failed')).toMatchObject([{ error: problem }]);
    expect(story.all('reply.started').at(-1)).toMatchObject({ because: 'results' });
    expect(story.effectsOf('start_call')).toEqual([]);
  });

  test('a model that goes round in circles is stopped until the user writes', () => {
    const story = new Story({ max_replies_per_turn: 3 });
    const problem = { type: 'InvalidInput', message: 'no' };
    story.user('install');
    story.pass(300);
    for (const id of ['a', 'b', 'c']) story.model('Again.', call(id, { problem }));
    expect(story.all('limit.reached')).toMatchObject([{ value: 3 }]);
    expect(story.pass(60_000)).toEqual([]);
    story.user('and now?');
    expect(story.effectsOf('start_reply').at(-1)!.request.news).toHaveLength(1);
  });
});

describe('cancelling', () => {
  const cancel = (id: string, target: string) =>
    call(id, { tool: 'cancel_call', input: { call_id: target } });

  test('"cancel it and install beta instead" stops the first and starts the second', () => {
    const story = installing({ max_running: 1 });
    story.user('cancel it and install beta instead');
    story.pass(300);
    story.model('Doing that.', cancel('call_x', 'call_a'), call('call_b'));
    expect(story.effects.slice(-2)).toMatchObject([
      { type: 'cancel_call', call_id: 'call_a' },
      { type: 'start_call', call: { call_id: 'call_b' } },
    ]);
    story.pass(10_000);
    expect(story.all('reply.started')).toHaveLength(2);
  });

  test('a cancelled call never speaks again, and its news is superseded', () => {
    const story = installing();
    story.progress('call_a', 1, 25);
    story.happens({ type: 'cancel_call', call_id: 'call_a' });
    expect(story.all('receipt')).toMatchObject([{ fate: 'superseded' }]);
    expect(story.progress('call_a', 2, 50)).toEqual([]);
    expect(story.ends('call_a')).toEqual([]);
    expect(story.pass(60_000)).toEqual([]);
  });

  test('news that a reply was telling as its call was cancelled is not told again', () => {
    const story = installing();
    story.progress('call_a', 1, 25);
    story.pass(300);
    story.happens({ type: 'cancel_call', call_id: 'call_a' });
    expect(story.all('receipt')).toEqual([]);
    story.user('thanks');
    expect(story.all('receipt')).toMatchObject([{ fate: 'superseded' }]);
    expect(story.effectsOf('start_reply').at(-1)!.request.news).toEqual([]);
  });

  test('stopping everything while the agent tells news leaves it with a receipt', () => {
    const story = installing();
    story.progress('call_a', 1, 25);
    story.pass(300);
    story.interrupt({ scope: 'all' });
    expect(story.all('receipt')).toMatchObject([{ fate: 'superseded' }]);
    expect(story.pass(60_000)).toEqual([]);
  });

  test('a call that is not there is a failure the model hears of', () => {
    const story = new Story();
    story.user('cancel it');
    story.pass(300);
    story.model('Cancelling.', cancel('call_x', 'call_none'));
    expect(story.all('call.failed')).toMatchObject([{ error: { type: 'NoSuchCall' } }]);
    expect(story.all('reply.started').at(-1)).toMatchObject({ because: 'results' });
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

describe('R14: every decision is written down with its causes', () => {
  test('from a reply about progress one gets back to the message that asked for it', () => {
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
  test('closing stops what is open, gives every news a receipt and hears nothing more', () => {
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

  test('a message that comes while it closes is written down, and not answered', () => {
    const story = new Story();
    story.together(() => {
      story.happens({ type: 'close' });
      story.user('hello?');
    });
    story.happens({ type: 'settled' });
    expect(story.kinds).toEqual(['message.user', 'conversation.closed']);
  });
});

describe('a reader of the log that is one task ahead', () => {
  test('cancels a call before the conversation knows of it: it is requested, and never runs', () => {
    const story = new Story();
    story.user('install alpha');
    story.together(() => {
      story.happens({ type: 'cancel_call', call_id: 'call_a', by: 'ada' });
      story.model('Starting.', call('call_a'), call('call_b'));
    });
    story.pass(200);
    expect(story.all('call.cancelled')).toMatchObject([
      { call_id: 'call_a', by: 'user', actor: { type: 'user', id: 'ada' } },
    ]);
    expect(story.effectsOf('start_call').map((effect) => effect.call.call_id)).toEqual(['call_b']);
  });

  test('interrupts such a call by its id', () => {
    const story = new Story();
    story.user('install alpha');
    story.together(() => {
      story.interrupt({ scope: 'calls', call_ids: ['call_a'] });
      story.model('Starting.', call('call_a'));
    });
    story.pass(200);
    expect(story.kinds).toContain('call.cancelled');
    expect(story.kinds).not.toContain('call.started');
  });

  test('cancels what is over already: nothing is remembered of it', () => {
    const story = new Story();
    story.user('install alpha');
    story.model('Starting.', call('call_a'));
    story.pass(200);
    story.ends('call_a');
    const before = story.log.length;
    story.happens({ type: 'cancel_call', call_id: 'call_a' });
    expect(story.log.slice(before).map(({ kind }) => kind)).not.toContain('call.cancelled');
    expect(story.state.early_cancels).toEqual([]);
  });
});

test('what is said in the same breath as the end has its place before it', () => {
  const story = new Story();
  story.happens({ type: 'close' });
  story.together(() => {
    story.happens({ type: 'settled' });
    story.user('One more thing');
  });
  expect(story.kinds).toEqual(['message.user', 'conversation.closed']);
});
