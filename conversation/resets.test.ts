import { expect, test } from 'vitest';
import { call, installing, Story } from '../test/kit/story.ts';

const reset = (more: object = {}) => ({
  type: 'reset' as const,
  run_id: 'run_b',
  had: 20,
  calls: [],
  ...more,
});

test('a reset is logged once for each run that it creates, with what was taken back and why', () => {
  const story = new Story();
  story.user('hello');
  story.model('Hello!');
  const [entry] = story.happens(reset({ reason: 'by hand' }));
  expect(entry).toMatchObject({
    kind: 'conversation.reset',
    from: 4,
    to: 20,
    reason: 'by hand',
    actor: { type: 'system', id: 'operator' },
  });
  expect(story.happens(reset({ kept: 2 }))).toEqual([]);
  expect(story.happens(reset({ run_id: 'run_c', had: 3 }))).toMatchObject([
    { kind: 'conversation.reset' },
  ]);
  expect(story.log.at(-1)).not.toHaveProperty('from');
});

test('a reset is handled before the events that come with it', () => {
  const story = new Story();
  const written = story.together(() => {
    story.user('hello');
    story.happens(reset());
  });
  expect(written.map(({ kind }) => kind)).toEqual([
    'conversation.reset',
    'message.user',
    'reply.started',
  ]);
});

test('a reset cancels calls that are no longer in the log, and looks up those that run', () => {
  const story = installing();
  story.happens(reset({ calls: ['call_a', 'call_gone'] }));
  expect(story.effectsOf('cancel_call')).toEqual([{ kind: 'cancel_call', call_id: 'call_gone' }]);
  expect(story.effectsOf('look_up_call')).toEqual([{ kind: 'look_up_call', call_id: 'call_a' }]);
});

test('a call that waited at the reset is started as perhaps started already', () => {
  const story = new Story({ max_running: 1 });
  story.user('go');
  story.pass(300);
  const approval = { timeout_ms: 60_000 };
  const calls = [call('call_a'), call('call_b'), call('call_c', { approval })];
  story.model('Starting.', ...calls);
  story.pass(2_000);
  story.happens(reset());
  story.ends('call_a');
  story.decides('call_c', 'approve');
  story.ends('call_b');
  expect(story.effectsOf('start_call')).toMatchObject([
    { call: { call_id: 'call_a' } },
    { call: { call_id: 'call_b' }, perhaps_started: true },
    { call: { call_id: 'call_c' }, perhaps_started: true },
  ]);
  expect(story.effectsOf('start_call')[0]).not.toHaveProperty('perhaps_started');
});

test('a call that waits for a slot and reports an event was started before the reset, and waits no longer', () => {
  const story = new Story({ max_running: 1 });
  story.user('go');
  story.pass(300);
  story.model('Starting.', call('call_a'), call('call_b'), call('call_c'));
  story.pass(2_000);
  story.happens(reset({ calls: ['call_a', 'call_b'] }));
  const heard = story.happens({
    type: 'call_event',
    call_id: 'call_b',
    n: 2,
    event: 'progress',
    percent: 50,
    schedule: 'when_idle',
  });
  expect(heard.map(({ kind }) => kind).slice(0, 2)).toEqual(['call.started', 'call.event']);
  expect(story.effectsOf('start_call').at(-1)).toMatchObject({
    call: { call_id: 'call_b' },
    perhaps_started: true,
  });
  // It takes a slot now: the next one waits until both have ended.
  story.ends('call_a');
  expect(story.all('call.started').map(({ call_id }) => call_id)).toEqual(['call_a', 'call_b']);
  story.ends('call_b');
  expect(story.all('call.started').at(-1)).toMatchObject({ call_id: 'call_c' });
});
