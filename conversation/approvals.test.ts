import { describe, expect, test } from 'vitest';
import { awaiting, HOUR, payment, refusal } from '../test/kit/approval-story.ts';
import { call, Story } from '../test/kit/story.ts';
import { headOf, openCalls } from './head.ts';

describe('a call that needs a yes', () => {
  test('waits once it is released, and does not run', () => {
    const story = awaiting();
    expect(story.all('call.awaiting_approval')).toMatchObject([
      {
        call_id: 'call_a',
        why: "send_payment needs a person's yes.",
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
    ['what its tool makes of the input', { input: { to: 1 } }, { to: 1 }],
  ])('shows %s with the question, and runs with nothing else', (_, shown, input) => {
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

  test('of an earlier version shows nothing that may not be so, and runs as before', () => {
    const story = awaiting();
    expect(story.all('call.awaiting_approval')[0]).not.toHaveProperty('input');
    expect(headOf(story.state).calls[0]).not.toHaveProperty('input');
    story.happens({ type: 'decide_call', call_id: 'call_a', decision: 'approve', by: 'ann' });
    expect(story.effectsOf('start_call')[0]!.call).not.toHaveProperty('agreed');
  });

  test('shows long input in its entry only, and of many calls as much as the head has room for', () => {
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

  test('asks what its tool says it asks', () => {
    const story = new Story();
    story.user('pay Ann');
    story.model('', payment('call_a', 'May I pay Ann?'));
    story.pass(200);
    expect(story.all('call.awaiting_approval')).toMatchObject([{ why: 'May I pay Ann?' }]);
  });

  test('is dropped like any other when a message comes before its release', () => {
    const story = new Story();
    story.user('pay Ann');
    story.model('I ask for it.', payment('call_a'));
    story.user('no, pay Bob');
    story.pass(HOUR);
    expect(story.all('call.dropped')).toHaveLength(1);
    expect(story.all('call.awaiting_approval')).toEqual([]);
  });

  test('fails at once where its input does not fit: nobody is asked', () => {
    const story = new Story();
    story.user('pay Ann');
    const problem = { type: 'InvalidInput', message: 'no' };
    story.model('', { ...payment('call_a'), problem });
    story.pass(200);
    expect(story.all('call.failed')).toHaveLength(1);
    expect(story.all('call.awaiting_approval')).toEqual([]);
  });

  test('R11: does not hold up its turn, where the model has said what it does', () => {
    const story = awaiting();
    expect(story.state.turn).toEqual({ phase: 'idle' });
    expect(story.all('reply.started')).toHaveLength(1);
  });

  test('R11: is told at once by a model that asked for it without a word', () => {
    const story = new Story();
    story.user('pay Ann');
    story.model('', payment('call_a'));
    story.pass(200);
    expect(story.effectsOf('start_reply').at(-1)!.request).toMatchObject({
      because: 'results',
      calls: [{ call_id: 'call_a', status: 'awaiting_approval' }],
    });
  });

  test('R11: a quick call beside it still ends in its turn', () => {
    const story = new Story();
    story.user('pay Ann, and what time is it?');
    story.model('', payment('call_a'), call('call_b', { tool: 'clock' }));
    story.pass(200);
    expect(story.state.turn).toMatchObject({ phase: 'grace', calls: ['call_b'] });
    story.ends('call_b');
    expect(story.all('reply.started').at(-1)).toMatchObject({ because: 'results' });
  });

  test('R9: takes no room while it waits', () => {
    const story = new Story({ max_running: 1 });
    story.user('pay Ann and install alpha');
    story.model('', payment('call_a'), call('call_b'));
    story.pass(200);
    expect(story.all('call.started').map(({ call_id }) => call_id)).toEqual(['call_b']);
  });
});

describe('while it waits', () => {
  test('messages are answered, and the model sees it in the calls that are open', () => {
    const story = awaiting();
    story.user('what time is it?');
    expect(story.effectsOf('start_reply').at(-1)!.request).toMatchObject({
      because: 'message',
      calls: [{ call_id: 'call_a', status: 'awaiting_approval' }],
    });
    story.model('Noon.');
    expect(story.state.calls).toMatchObject([{ status: 'awaiting_approval' }]);
  });

  test('the conversation wakes for its own business first, and then at the end of the time', () => {
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
  ])('%s ends it, and no later word revives it', (_, stop) => {
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

describe('when nobody decides in time', () => {
  test('it is denied by the system at the very moment', () => {
    const story = awaiting();
    story.pass(HOUR - 1);
    expect(story.all('call.denied')).toEqual([]);
    story.pass(1);
    expect(story.all('call.denied')).toMatchObject([
      { actor: { type: 'system' }, reason: 'Nobody decided in time.' },
    ]);
    expect(headOf(story.state).calls[0]).not.toHaveProperty('decision');
  });

  test('a word at that moment is too late, also a no', () => {
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

  test('each call has its own time', () => {
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
