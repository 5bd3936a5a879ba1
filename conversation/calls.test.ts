import { describe, expect, test } from 'vitest';
import { call, installing, Story } from '../test/kit/story.ts';
import { headOf } from './head.ts';

describe('R3: effects are debounced and text is not', () => {
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

  test('a queued message that comes during the reply makes its calls stale too', () => {
    const story = new Story();
    story.user('pay Ann');
    story.user('no, Bob', { when_busy: 'queue' });
    story.pass(1_000);
    story.model('Paying Ann.', call('call_a'));
    expect(story.all('call.dropped')).toHaveLength(1);
    expect(story.kinds.at(-1)).toBe('reply.started');
  });
});

describe('R9: when the limit of running calls is reached', () => {
  test('further calls queue in order and start as others end', () => {
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

  test('cancelling all calls starts none of the queued ones', () => {
    const story = new Story({ max_running: 1 });
    story.user('two please');
    story.pass(300);
    story.model('Ok.', call('call_a'), call('call_b'));
    story.interrupt({ scope: 'calls' });
    expect(story.effectsOf('start_call')).toHaveLength(1);
    expect(story.effectsOf('cancel_call')).toEqual([{ kind: 'cancel_call', call_id: 'call_a' }]);
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

  test('a call that the model has announced causes no second reply', () => {
    const story = installing();
    expect(story.all('reply.started')).toHaveLength(1);
    expect(story.state.turn).toEqual({ phase: 'idle' });
  });

  test('a model that starts a call without saying anything is asked to reply', () => {
    const story = new Story();
    story.user('install alpha');
    story.pass(300);
    story.model('', call('call_a'));
    story.pass(1_499);
    expect(story.all('reply.started')).toHaveLength(1);
    story.pass(1);
    expect(story.all('reply.started')).toMatchObject([{}, { because: 'results' }]);
  });

  test('a call with a problem fails at once, and the model may correct itself', () => {
    const story = new Story();
    story.user('install');
    story.pass(300);
    const problem = { type: 'InvalidInput', message: 'package: required' };
    story.model('Starting.', call('call_a', { problem }));
    expect(story.all('call.failed')).toMatchObject([{ error: problem }]);
    expect(story.all('reply.started').at(-1)).toMatchObject({ because: 'results' });
    expect(story.effectsOf('start_call')).toEqual([]);
  });

  test('a model that loops is stopped until the user writes', () => {
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
