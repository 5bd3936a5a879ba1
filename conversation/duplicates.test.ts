import { describe, expect, test } from 'vitest';
import type { RequestedCall } from '../contract/call.ts';
import { call, Story } from '../test/kit/story.ts';

type Duplicates = NonNullable<RequestedCall['duplicates']>;

/** `call_a` runs; the model asks for `call_b`. */
function repeated(duplicates: Duplicates, more: Partial<RequestedCall> = {}): Story {
  const story = new Story();
  story.user('install alpha');
  story.model('Starting.', call('call_a', { duplicates }));
  story.pass(2_000);
  story.user('install alpha again');
  story.model('Again.', call('call_b', { duplicates, ...more }));
  story.pass(200);
  return story;
}

const running = ({ state }: Story) =>
  state.calls.filter(({ status }) => status === 'running').map(({ id }) => id);

describe('R10: an identical call while one is open', () => {
  test('runs too when its tool declares no rule', () => {
    const story = new Story();
    story.user('install alpha twice');
    story.model('', call('call_a'), call('call_b'));
    story.pass(200);
    expect(running(story)).toEqual(['call_a', 'call_b']);
  });

  test('reject: fails at once, names the open call, and the model is told', () => {
    const story = repeated('reject');
    const requested = story.all('call.requested').map(({ seq }) => seq);
    expect(story.all('call.failed')).toMatchObject([
      {
        call_id: 'call_b',
        error: { type: 'Duplicate', message: 'The same call is open already: call_a is running.' },
        cause: requested,
      },
    ]);
    expect(running(story)).toEqual(['call_a']);
    expect(story.all('reply.started').at(-1)).toMatchObject({ because: 'results' });
  });

  test('replace: runs, and its request cancels the old call', () => {
    const story = repeated('replace');
    const [old, again] = story.all('call.requested');
    expect(story.all('call.cancelled')).toMatchObject([
      { call_id: 'call_a', by: 'agent', actor: { type: 'agent' }, cause: [old!.seq, again!.seq] },
    ]);
    expect(story.effectsOf('cancel_call')).toEqual([{ kind: 'cancel_call', call_id: 'call_a' }]);
    expect(running(story)).toEqual(['call_b']);
  });

  test('confirm: awaits an approval whose question names the open call', () => {
    const story = repeated('confirm');
    expect(story.all('call.awaiting_approval')).toMatchObject([
      { call_id: 'call_b', why: 'The same call is open already: call_a is running.' },
    ]);
    expect(running(story)).toEqual(['call_a']);
    story.decides('call_b', 'approve');
    expect(running(story)).toEqual(['call_a', 'call_b']);
  });

  test('confirm: asks once and gives both reasons when its tool needs approval anyway', () => {
    const story = repeated('confirm', { approval: { question: 'May I?', timeout_ms: 1_000 } });
    expect(story.all('call.awaiting_approval')).toMatchObject([
      { why: 'May I? The same call is open already: call_a is running.' },
    ]);
  });

  test.each<Duplicates>(['reject', 'replace', 'confirm'])(
    '%s: is found within one reply that asks twice',
    (duplicates) => {
      const story = new Story();
      story.user('install alpha twice');
      story.model('', call('call_a', { duplicates }), call('call_b', { duplicates }));
      story.pass(200);
      expect(running(story)).toEqual(duplicates === 'replace' ? ['call_b'] : ['call_a']);
    },
  );

  test('is recognised with its fields in another order', () => {
    const story = new Story();
    story.user('pay Ann twice');
    const duplicates = 'reject';
    const ann = { to: { name: 'Ann', tags: [1, 2] }, amount: 20 };
    const same = { amount: 20, to: { tags: [1, 2], name: 'Ann' } };
    const other = { amount: 20, to: { tags: [2, 1], name: 'Ann' } };
    story.model(
      '',
      call('call_a', { duplicates, input: ann }),
      call('call_b', { duplicates, input: same }),
      call('call_c', { duplicates, input: other }),
    );
    story.pass(200);
    expect(story.all('call.failed').map(({ call_id }) => call_id)).toEqual(['call_b']);
  });

  test.each([
    ['another tool', { tool: 'other' }],
    ['another input', { input: { package: 'beta' } }],
    ['more input', { input: { package: 'alpha', force: true } }],
    ['less input', { input: {} }],
  ])('is not a duplicate with %s', (_, more) => {
    expect(running(repeated('reject', more))).toEqual(['call_a', 'call_b']);
  });

  test('is not a duplicate once the first call is over', () => {
    const story = new Story();
    story.user('install alpha');
    story.model('Starting.', call('call_a', { duplicates: 'reject' }));
    story.pass(2_000);
    story.ends('call_a');
    story.pass(250);
    story.model('Done. Again.', call('call_b', { duplicates: 'reject' }));
    story.pass(200);
    expect(running(story)).toEqual(['call_b']);
  });

  test('is a duplicate of a queued call and of one that awaits approval', () => {
    const story = new Story({ max_running: 1 });
    const approval = { timeout_ms: 60_000 };
    story.user('install alpha, beta and gamma');
    story.model(
      '',
      call('call_a', { input: { package: 'alpha' } }),
      call('call_b', { input: { package: 'beta' } }),
      call('call_c', { input: { package: 'gamma' }, approval }),
      call('call_d', { input: { package: 'beta' }, duplicates: 'reject' }),
      call('call_e', { input: { package: 'gamma' }, duplicates: 'reject' }),
    );
    story.pass(200);
    expect(story.all('call.failed').map(({ error }) => error.message)).toEqual([
      'The same call is open already: call_b is queued.',
      'The same call is open already: call_c is awaiting approval.',
    ]);
  });

  test('replace: takes the place of a call that awaits approval, and asks again', () => {
    const story = new Story();
    const guarded = { duplicates: 'replace', approval: { timeout_ms: 60_000 } } as const;
    story.user('pay Ann');
    story.model('I ask.', call('call_a', guarded));
    story.pass(200);
    story.user('and now?');
    story.model('I ask again.', call('call_b', guarded));
    story.pass(200);
    expect(story.all('call.cancelled').map(({ call_id }) => call_id)).toEqual(['call_a']);
    expect(story.state.calls).toMatchObject([{ id: 'call_b', status: 'awaiting_approval' }]);
  });
});
