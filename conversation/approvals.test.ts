import { describe, expect, test } from 'vitest';
import { awaiting, HOUR, payment, refusal } from '../test/kit/approval-story.ts';
import { call, Story } from '../test/kit/story.ts';
import { headOf, openCalls } from './head.ts';

describe('a call that needs approval', () => {
  test('waits after its release instead of running', () => {
    const story = awaiting();
    expect(story.all('call.awaiting_approval')).toMatchObject([
      {
        call_id: 'call_a',
        why: "send_payment requires a person's approval.",
        expires_at: new Date(1_000_200 + HOUR).toISOString(),
        actor: { type: 'system' },
        cause: [story.all('call.requested')[0]!.seq],
      },
    ]);
    expect(story.effectsOf('start_call')).toEqual([]);
    const expires_at = new Date(1_000_200 + HOUR).toISOString();
    expect(headOf(story.state).calls).toMatchObject([{ status: 'awaiting_approval', expires_at }]);
    expect(openCalls(story.state)).toMatchObject([{ status: 'awaiting_approval', expires_at }]);
  });

  test.each([
    ['its input', {}, { to: 'Ann' }],
    ['its input as its tool parses it', { input: { to: 1 } }, { to: 1 }],
  ])('shows %s with the question, and runs with exactly that', (_, shown, input) => {
    const story = new Story();
    story.user('pay Ann');
    story.model('', { ...payment('call_a', 'May I pay?'), input: { to: 'Ann' }, shown });
    story.pass(200);
    expect(story.all('call.awaiting_approval')).toMatchObject([{ why: 'May I pay?', input }]);
    expect(headOf(story.state).calls).toMatchObject([{ why: 'May I pay?', input }]);
    story.happens({ type: 'decide_call', call_id: 'call_a', decision: 'approve', by: 'ann' });
    const started = story.effectsOf('start_call')[0]!.call;
    expect(started).toMatchObject({ input: { to: 'Ann' }, agreed: input });
    expect(started).not.toHaveProperty('shown');
    const [running] = headOf(story.state).calls;
    expect(running).not.toHaveProperty('input');
    expect(running).not.toHaveProperty('why');
  });

  test('from an earlier version shows no input, since its tool might change it, and runs as before', () => {
    const story = awaiting();
    expect(story.all('call.awaiting_approval')[0]).not.toHaveProperty('input');
    expect(headOf(story.state).calls[0]).not.toHaveProperty('input');
    story.happens({ type: 'decide_call', call_id: 'call_a', decision: 'approve', by: 'ann' });
    expect(story.effectsOf('start_call')[0]!.call).not.toHaveProperty('agreed');
  });

  test('shows long input only in its entry, and any other input in the head while there is room', () => {
    const story = new Story();
    story.user('pay everybody');
    const long = { ...payment('call_long'), input: 'x'.repeat(8_000), shown: {} };
    const many = Array.from({ length: 20 }, (_, nth) => ({
      ...payment(`call_${nth}`),
      input: 'x'.repeat(7_000),
      shown: {},
    }));
    story.model('', long, ...many);
    story.pass(200);
    expect(story.all('call.awaiting_approval').every(({ input }) => input !== undefined)).toBe(
      true,
    );
    const { calls } = headOf(story.state);
    expect(calls[0]).not.toHaveProperty('input');
    expect(calls.filter(({ input }) => input !== undefined)).toHaveLength(9);
    expect(JSON.stringify(calls).length).toBeLessThan(70_000);
    story.happens({ type: 'decide_call', call_id: 'call_0', decision: 'deny', by: 'ann' });
    const denied = headOf(story.state).calls.find(({ id }) => id === 'call_0');
    expect(denied).toMatchObject({ status: 'denied' });
    expect(denied).not.toHaveProperty('input');
  });

  test('asks the question that its tool declares', () => {
    const story = new Story();
    story.user('pay Ann');
    story.model('', payment('call_a', 'May I pay Ann?'));
    story.pass(200);
    expect(story.all('call.awaiting_approval')).toMatchObject([{ why: 'May I pay Ann?' }]);
  });

  test('is dropped like any other call when a message comes before its release', () => {
    const story = new Story();
    story.user('pay Ann');
    story.model('I ask for it.', payment('call_a'));
    story.user('no, pay Bob');
    story.pass(HOUR);
    expect(story.all('call.dropped')).toHaveLength(1);
    expect(story.all('call.awaiting_approval')).toEqual([]);
  });

  test('fails at once when its input does not fit, and no approval is requested', () => {
    const story = new Story();
    story.user('pay Ann');
    const problem = { type: 'InvalidInput', message: 'no' };
    story.model('', { ...payment('call_a'), problem });
    story.pass(200);
    expect(story.all('call.failed')).toHaveLength(1);
    expect(story.all('call.awaiting_approval')).toEqual([]);
  });

  test('R11: does not hold up its turn when the model has said something', () => {
    const story = awaiting();
    expect(story.state.turn).toEqual({ phase: 'idle' });
    expect(story.all('reply.started')).toHaveLength(1);
  });

  test('R11: leads to another reply at once when the model has said nothing', () => {
    const story = new Story();
    story.user('pay Ann');
    story.model('', payment('call_a'));
    story.pass(200);
    expect(story.effectsOf('start_reply').at(-1)!.request).toMatchObject({
      because: 'results',
      calls: [{ call_id: 'call_a', status: 'awaiting_approval' }],
    });
  });

  test('R11: lets a quick call of the same reply end within the turn', () => {
    const story = new Story();
    story.user('pay Ann, and what time is it?');
    story.model('', payment('call_a'), call('call_b', { tool: 'clock' }));
    story.pass(200);
    expect(story.state.turn).toMatchObject({ phase: 'grace', calls: ['call_b'] });
    story.ends('call_b');
    expect(story.all('reply.started').at(-1)).toMatchObject({ because: 'results' });
  });

  test('R9: takes no slot while it waits', () => {
    const story = new Story({ max_running: 1 });
    story.user('pay Ann and install alpha');
    story.model('', payment('call_a'), call('call_b'));
    story.pass(200);
    expect(story.all('call.started').map(({ call_id }) => call_id)).toEqual(['call_b']);
  });
});

describe('while a call awaits approval', () => {
  test('messages are answered, and the model sees the call among the open ones', () => {
    const story = awaiting();
    story.user('what time is it?');
    expect(story.effectsOf('start_reply').at(-1)!.request).toMatchObject({
      because: 'message',
      calls: [{ call_id: 'call_a', status: 'awaiting_approval' }],
    });
    story.model('Noon.');
    expect(story.state.calls).toMatchObject([{ status: 'awaiting_approval' }]);
  });

  test('the conversation wakes for earlier timers first, and then when the approval expires', () => {
    const story = awaiting();
    expect(story.wakeAt).toBe(1_000_200 + HOUR);
    story.user('install alpha');
    expect(story.wakeAt).toBe(1_000_200 + HOUR);
    story.model('Starting.', call('call_b'));
    expect(story.wakeAt).toBe(story.now + 200);
    story.pass(200);
    expect(story.wakeAt).toBe(story.now + 1_500);
    story.pass(1_500);
    expect(story.wakeAt).toBe(1_000_200 + HOUR);
  });

  test.each([
    ['a cancel', (story: Story) => story.happens({ type: 'cancel_call', call_id: 'call_a' })],
    ['an interrupt of calls', (story: Story) => story.interrupt({ scope: 'calls' })],
    ['the close', (story: Story) => story.happens({ type: 'close' })],
  ])('%s ends it, and no later decision revives it', (_, stop) => {
    const story = awaiting();
    stop(story);
    expect(story.all('call.cancelled')).toMatchObject([{ call_id: 'call_a' }]);
    expect(story.effectsOf('cancel_call')).toEqual([]);
    expect(refusal(story, 'call_a', 'approve')).toEqual({
      type: 'CallNotAwaiting',
      message: 'call_a does not await approval: it is cancelled.',
    });
    expect(story.decides('call_a', 'approve')).toEqual([]);
  });
});

describe('when no decision comes in time', () => {
  test('the system denies the call at the deadline', () => {
    const story = awaiting();
    story.pass(HOUR - 1);
    expect(story.all('call.denied')).toEqual([]);
    story.pass(1);
    expect(story.all('call.denied')).toMatchObject([
      { actor: { type: 'system' }, reason: 'Nobody decided in time.' },
    ]);
    expect(headOf(story.state).calls[0]).not.toHaveProperty('decision');
  });

  test('a decision at the deadline is too late, even a denial', () => {
    const story = awaiting();
    story.now += HOUR;
    expect(refusal(story, 'call_a', 'approve')).toMatchObject({
      type: 'CallNotAwaiting',
      message: 'call_a does not await approval: it is denied.',
    });
    expect(refusal(story, 'call_a', 'deny')).toMatchObject({ type: 'CallNotAwaiting' });
    story.decides('call_a', 'approve');
    expect(story.all('call.approved')).toEqual([]);
    expect(story.all('call.denied')).toMatchObject([{ actor: { type: 'system' } }]);
  });

  test('each call has its own deadline', () => {
    const story = awaiting();
    story.pass(HOUR / 2);
    story.user('pay Bob too');
    story.model('I ask for it.', payment('call_b'));
    story.pass(HOUR / 2);
    expect(story.all('call.denied').map(({ call_id }) => call_id)).toEqual(['call_a']);
    story.decides('call_b', 'approve');
    expect(story.all('call.started').map(({ call_id }) => call_id)).toEqual(['call_b']);
  });
});
