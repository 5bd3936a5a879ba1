import { describe, expect, test } from 'vitest';
import { awaiting, payment, refusal } from '../test/kit/approval-story.ts';
import { call, Story } from '../test/kit/story.ts';
import { headOf } from './head.ts';

describe('an approval', () => {
  test('is logged with its actor, and the call runs', () => {
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
        kind: 'start_call',
        call: { call_id: 'call_a', tool: 'send_payment', input: { package: 'alpha' } },
      },
    ]);
  });

  test('R9: puts the call at the end of the queue when no slot is free', () => {
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

  test('changes nothing the second time, even when the call is over', () => {
    const story = awaiting();
    story.decides('call_a', 'approve');
    expect(refusal(story, 'call_a', 'approve')).toBeUndefined();
    expect(story.decides('call_a', 'approve')).toEqual([]);
    story.ends('call_a');
    expect(refusal(story, 'call_a', 'approve')).toBeUndefined();
    expect(story.decides('call_a', 'approve')).toEqual([]);
  });

  test('cannot be taken back by a denial', () => {
    const story = awaiting();
    story.decides('call_a', 'approve');
    expect(refusal(story, 'call_a', 'deny')).toEqual({
      type: 'CallNotAwaiting',
      message: 'call_a does not await approval: it is running.',
    });
    expect(story.decides('call_a', 'deny')).toEqual([]);
  });

  test('that comes together with a denial loses to whichever is first', () => {
    const story = awaiting();
    story.together(() => {
      story.decides('call_a', 'deny');
      story.decides('call_a', 'approve');
    });
    expect(story.all('call.denied')).toHaveLength(1);
    expect(story.all('call.approved')).toEqual([]);
  });
});

describe('a denial', () => {
  test('is logged with its actor and reason, and the model is told', () => {
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

  test('cannot become an approval', () => {
    const story = awaiting();
    story.decides('call_a', 'deny');
    expect(refusal(story, 'call_a', 'deny')).toBeUndefined();
    expect(refusal(story, 'call_a', 'approve')).toMatchObject({ type: 'CallNotAwaiting' });
    story.decides('call_a', 'approve');
    expect(story.effectsOf('start_call')).toEqual([]);
  });

  test('R4: is told before an earlier end of another call', () => {
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

describe('a decision on any other call', () => {
  test('is refused when no such call was requested', () => {
    expect(refusal(awaiting(), 'call_x', 'approve')).toMatchObject({ type: 'CallNotFound' });
  });

  test('is refused with the status of a call that needs no approval', () => {
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
