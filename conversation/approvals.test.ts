import { describe, expect, test } from 'vitest';
import { call, Story } from '../testing/story.ts';
import { refuseDecision } from './approvals.ts';
import { afterHearing } from './decide.ts';
import { headOf, openCalls } from './head.ts';

const HOUR = 3_600_000;
const payment = (id: string, question?: string) =>
  call(id, { tool: 'send_payment', approval: { timeout_ms: HOUR, ...(question && { question }) } });

/** The model has asked for a payment, and said so; it was released at 1_000_200. */
function awaiting(...ids: string[]): Story {
  const story = new Story();
  story.user('pay Ann');
  story.model('I ask for it.', ...(ids.length > 0 ? ids : ['call_a']).map((id) => payment(id)));
  story.pass(200);
  return story;
}

const refusal = (story: Story, call_id: string, decision: 'approve' | 'deny') =>
  refuseDecision(afterHearing(story.state, [{ type: 'tick', at: story.now }]), {
    call_id,
    decision,
  });

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

describe('a yes', () => {
  test('is an entry with its actor, and the call runs', () => {
    const story = awaiting();
    const [requested] = story.all('call.requested');
    const [asked] = story.all('call.awaiting_approval');
    const written = story.decides('call_a', 'approve', { by: 'ann' });
    expect(written).toMatchObject([
      {
        kind: 'call.approved',
        actor: { type: 'user', id: 'ann' },
        cause: [requested!.seq, asked!.seq],
      },
      { kind: 'call.started', cause: [requested!.seq, asked!.seq + 1] },
    ]);
    expect(story.effectsOf('start_call')).toEqual([
      {
        type: 'start_call',
        call: { call_id: 'call_a', tool: 'send_payment', input: { package: 'alpha' } },
      },
    ]);
  });

  test('R9: puts it at the end of the queue where there is no room', () => {
    const story = new Story({ max_running: 1 });
    story.user('pay Ann, install alpha and beta');
    story.model('', payment('call_a'), call('call_b'), call('call_c'));
    story.pass(200);
    const written = story.decides('call_a', 'approve');
    expect(written).toMatchObject([
      { kind: 'call.approved' },
      { kind: 'call.queued', position: 2 },
    ]);
    story.ends('call_b');
    story.ends('call_c');
    expect(story.all('call.started').map(({ call_id }) => call_id)).toEqual([
      'call_b',
      'call_c',
      'call_a',
    ]);
  });

  test('said twice changes nothing the second time, also when the call is over', () => {
    const story = awaiting();
    story.decides('call_a', 'approve');
    expect(refusal(story, 'call_a', 'approve')).toBeUndefined();
    expect(story.decides('call_a', 'approve')).toEqual([]);
    story.ends('call_a');
    expect(refusal(story, 'call_a', 'approve')).toBeUndefined();
    expect(story.decides('call_a', 'approve')).toEqual([]);
  });

  test('cannot be taken back by a no', () => {
    const story = awaiting();
    story.decides('call_a', 'approve');
    expect(refusal(story, 'call_a', 'deny')).toEqual({
      type: 'CallNotAwaiting',
      message: 'call_a does not await approval: it is running.',
    });
    expect(story.decides('call_a', 'deny')).toEqual([]);
  });

  test('and a no that come together: the first counts', () => {
    const story = awaiting();
    story.together(() => {
      story.decides('call_a', 'deny');
      story.decides('call_a', 'approve');
    });
    expect(story.all('call.denied')).toHaveLength(1);
    expect(story.all('call.approved')).toEqual([]);
  });
});

describe('a no', () => {
  test('is an entry with its actor and reason, and the model is told', () => {
    const story = awaiting();
    story.decides('call_a', 'deny', { by: 'ann', reason: 'Too much.' });
    const [denied] = story.all('call.denied');
    expect(denied).toMatchObject({ reason: 'Too much.', actor: { type: 'user', id: 'ann' } });
    story.pass(250);
    expect(story.all('reply.started').at(-1)).toMatchObject({
      because: 'news',
      reason: 'call_a denied',
      cause: [denied!.seq],
    });
    story.model('It was denied: too much.');
    expect(story.all('receipt')).toMatchObject([{ of: [denied!.seq], fate: 'spoken' }]);
    expect(headOf(story.state).calls).toMatchObject([{ status: 'denied', decision: 'deny' }]);
  });

  test('cannot become a yes', () => {
    const story = awaiting();
    story.decides('call_a', 'deny');
    expect(refusal(story, 'call_a', 'deny')).toBeUndefined();
    expect(refusal(story, 'call_a', 'approve')).toMatchObject({ type: 'CallNotAwaiting' });
    story.decides('call_a', 'approve');
    expect(story.effectsOf('start_call')).toEqual([]);
  });

  test('R4: is told before the end of another call that came first', () => {
    const story = new Story();
    story.user('pay Ann and install alpha');
    story.model('Both.', payment('call_a'), call('call_b'));
    story.pass(2_000);
    story.together(() => {
      story.ends('call_b');
      story.decides('call_a', 'deny');
    });
    story.pass(250);
    const denied = story.all('call.denied')[0]!.seq;
    const ended = story.all('call.completed')[0]!.seq;
    expect(denied).toBeGreaterThan(ended);
    expect(story.effectsOf('start_reply').at(-1)!.request.news).toEqual([denied, ended]);
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

describe('a decision on another call', () => {
  test('that nobody asked for is refused', () => {
    expect(refusal(awaiting(), 'call_x', 'approve')).toMatchObject({ type: 'CallNotFound' });
  });

  test('that needs none is refused with what it is', () => {
    const story = new Story();
    story.user('install alpha');
    story.model('', call('call_a'));
    story.pass(200);
    expect(refusal(story, 'call_a', 'approve')).toMatchObject({
      type: 'CallNotAwaiting',
      message: 'call_a does not await approval: it is running.',
    });
    expect(story.decides('call_a', 'deny')).toEqual([]);
  });
});
