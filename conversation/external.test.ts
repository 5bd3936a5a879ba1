import { describe, expect, test } from 'vitest';
import { call, LIMITS, Story } from '../test/kit/story.ts';
import { decide } from './decide.ts';
import { newConversation } from './state.ts';

function elsewhere(limits = {}): Story {
  const story = new Story();
  story.state = newConversation('codex', { ...LIMITS, ...limits }, 'external');
  return story;
}

const request = (story: Story, id: string, more = {}) =>
  story.happens({ type: 'request_call', call: call(id, more) });

describe('a conversation with an external model', () => {
  test('starts a requested call at once, as the client, without a turn', () => {
    const story = elsewhere();
    const entries = request(story, 'call_a', { report: 'everything' });
    expect(entries).toMatchObject([
      { kind: 'call.requested', call_id: 'call_a', actor: { id: 'codex' }, report: 'everything' },
      { kind: 'call.started', call_id: 'call_a' },
    ]);
    expect(story.effects).toMatchObject([{ kind: 'start_call', call: { call_id: 'call_a' } }]);
  });

  test('never starts a reply, whether for a result, urgent news, an end or a message', () => {
    const story = elsewhere();
    request(story, 'call_a');
    story.progress('call_a', 1, 50, { schedule: 'interrupt' });
    story.progress('call_a', 2, 75);
    story.user('Hello?');
    story.ends('call_a');
    expect(story.wakeAt).toBeUndefined();
    story.pass(100_000);
    expect(story.all('reply.started')).toEqual([]);
    expect(story.kinds.at(-1)).toBe('call.completed');
  });

  test('records each acknowledgement once and keeps the other news', () => {
    const story = elsewhere();
    request(story, 'call_a');
    story.progress('call_a', 1, 50);
    story.ends('call_a');
    const [progress] = story.all('call.event');
    const acknowledge = (to: number) => story.happens({ type: 'acknowledge', to });
    expect(acknowledge(progress!.seq)).toMatchObject([
      { kind: 'receipt', of: [progress!.seq], fate: 'acknowledged' },
    ]);
    expect(acknowledge(progress!.seq)).toEqual([]);
    const [end] = story.all('call.completed');
    expect(acknowledge(999)).toMatchObject([{ of: [end!.seq], fate: 'acknowledged' }]);
    expect(story.state.news).toEqual([]);
  });

  test('records where news was shown, keeps it until it is acknowledged, and shows it again elsewhere', () => {
    const story = elsewhere();
    request(story, 'call_a', { anchor: 'after the question' });
    expect(story.all('call.requested')).toMatchObject([{ anchor: 'after the question' }]);
    story.ends('call_a');
    const of = [story.all('call.completed')[0]!.seq];
    const deliver = (anchor: string) => story.happens({ type: 'deliver', of, anchor });
    expect(deliver('here')).toMatchObject([{ of, fate: 'delivered', anchor: 'here' }]);
    expect(deliver('here')).toEqual([]);
    expect(deliver('there')).toMatchObject([{ of, fate: 'delivered', anchor: 'there' }]);
    expect(story.happens({ type: 'acknowledge', to: of[0]! })).toMatchObject([
      { of, fate: 'acknowledged' },
    ]);
    expect(deliver('here')).toEqual([]);
  });

  test('is not told a result again that was delivered with its call', () => {
    const story = elsewhere();
    request(story, 'call_a');
    story.ends('call_a');
    const of = [story.all('call.completed')[0]!.seq];
    expect(story.happens({ type: 'deliver', of })).toMatchObject([{ of, fate: 'delivered' }]);
    expect(story.happens({ type: 'deliver', of })).toEqual([]);
    expect(story.state.news).toEqual([]);
  });

  test('gives delivered news no second receipt when it closes and the call is cancelled', () => {
    const story = elsewhere();
    request(story, 'call_a');
    story.progress('call_a', 1, 50);
    story.progress('call_a', 2, 75);
    const [first, second] = story.all('call.event').map(({ seq }) => seq);
    story.happens({ type: 'deliver', of: [first!], anchor: 'here' });
    story.happens({ type: 'close' });
    story.happens({ type: 'settled' });
    expect(story.all('receipt')).toMatchObject([
      { of: [first], fate: 'delivered' },
      { of: [second], fate: 'superseded' },
    ]);
  });

  test('accepts the request of a call once, even after the end of the call (R8)', () => {
    const story = elsewhere();
    request(story, 'call_a');
    expect(request(story, 'call_a')).toEqual([]);
    story.ends('call_a');
    expect(request(story, 'call_a')).toEqual([]);
    expect(story.effectsOf('start_call')).toHaveLength(1);
  });

  test('accepts a repeat of many calls once, whether they were requested or recorded (R8)', () => {
    const story = elsewhere();
    const end = { type: 'completed', result: 'done' } as const;
    const calls = Array.from({ length: 50 }, (_, nth) => ({ call: call(`call_${nth}`), end }));
    story.happens({ type: 'record_calls', calls });
    expect(story.happens({ type: 'record_calls', calls })).toEqual([]);
    expect(request(story, 'call_0')).toEqual([]);
    expect(story.effectsOf('start_call')).toEqual([]);
  });

  test('limits how many calls run, and queues the others (R9)', () => {
    const story = elsewhere({ max_running: 1 });
    request(story, 'call_a');
    expect(request(story, 'call_b')).toMatchObject([
      { kind: 'call.requested' },
      { kind: 'call.queued', position: 1 },
    ]);
    expect(story.ends('call_a')).toMatchObject([
      { kind: 'call.completed', call_id: 'call_a' },
      { kind: 'call.started', call_id: 'call_b' },
    ]);
  });

  test('asks a person to approve a call, and runs it once approved', () => {
    const story = elsewhere();
    request(story, 'call_a', { approval: { question: 'May it?', timeout_ms: 60_000 } });
    expect(story.kinds).toEqual(['call.requested', 'call.awaiting_approval']);
    expect(story.decides('call_a', 'approve')).toMatchObject([
      { kind: 'call.approved' },
      { kind: 'call.started' },
    ]);
  });

  test('cancels a call, and its news is superseded', () => {
    const story = elsewhere();
    request(story, 'call_a');
    story.progress('call_a', 1, 50);
    const entries = story.happens({ type: 'cancel_call', call_id: 'call_a' });
    expect(entries).toMatchObject([{ kind: 'call.cancelled' }, { fate: 'superseded' }]);
  });

  test('closes, and news that was not acknowledged gets a receipt that says so (R15)', () => {
    const story = elsewhere();
    request(story, 'call_a');
    story.ends('call_a');
    request(story, 'call_b');
    story.happens({ type: 'close' });
    expect(request(story, 'call_c')).toEqual([]);
    const entries = story.happens({ type: 'settled' });
    expect(entries).toMatchObject([
      { kind: 'receipt', fate: 'failed' },
      { kind: 'conversation.closed' },
    ]);
    expect(story.all('call.cancelled')).toMatchObject([{ call_id: 'call_b', by: 'close' }]);
  });
});

test.each(['request_call', 'acknowledge'] as const)(
  'a conversation with a model of its own drops %s',
  (type) => {
    const story = new Story();
    const signal = type === 'acknowledge' ? { type, to: 1 } : { type, call: call('call_a') };
    expect(decide(story.state, { ...signal, at: 1 }).entries).toMatchObject([
      { kind: 'signal.dropped', signal: type },
    ]);
  },
);

describe('a call that began before the conversation heard of it', () => {
  test('starts at once, even if as many run as may (R9)', () => {
    const story = elsewhere({ max_running: 1 });
    request(story, 'call_a');
    const begun = { type: 'request_call', call: call('call_b'), begun: true } as const;
    expect(story.happens(begun)).toMatchObject([
      { kind: 'call.requested', call_id: 'call_b' },
      { kind: 'call.started', call_id: 'call_b' },
    ]);
    expect(story.happens(begun)).toEqual([]);
    request(story, 'call_c');
    expect(story.state.calls.at(-1)).toMatchObject({ id: 'call_c', status: 'queued' });
    story.ends('call_b');
    expect(story.state.calls.at(-1), 'one still runs').toMatchObject({ status: 'queued' });
  });

  test.each(['close', 'interrupt'] as const)(
    'is cancelled with all others by %s, and no queued one starts in its place',
    (how) => {
      const story = elsewhere({ max_running: 1 });
      request(story, 'call_a');
      request(story, 'call_b');
      story.happens({ type: 'request_call', call: call('call_c'), begun: true });
      const stop = how === 'close' ? { type: how } : { type: how, scope: 'calls' as const };
      story.ends('call_a');
      story.happens(stop);
      expect(story.effectsOf('start_call').map((effect) => effect.call.call_id)).toEqual([
        'call_a',
        'call_c',
      ]);
      expect(story.all('call.cancelled').map(({ call_id }) => call_id)).toEqual([
        'call_b',
        'call_c',
      ]);
    },
  );

  test.each(['cancel_call', 'close'] as const)(
    'is stopped if its conversation has heard %s before, and does not start',
    (type) => {
      const story = elsewhere();
      story.happens(type === 'close' ? { type } : { type, call_id: 'call_a' });
      const begun = { type: 'request_call', call: call('call_a'), begun: true } as const;
      story.happens(begun);
      expect(story.effects).toMatchObject([{ kind: 'stop_begun', call: { call_id: 'call_a' } }]);
      expect(story.all('call.started')).toEqual([]);
    },
  );

  test('is over at once if it has ended, and is news unless it was delivered', () => {
    const story = elsewhere();
    const end = { type: 'completed', result: 'done' } as const;
    const recorded = {
      type: 'record_calls' as const,
      calls: [
        { call: call('call_a'), end, delivered: true as const },
        { call: call('call_b'), end: { type: 'failed' as const, error: ERROR } },
      ],
    };
    expect(story.happens(recorded)).toMatchObject([
      { kind: 'call.requested', call_id: 'call_a' },
      { kind: 'call.started', call_id: 'call_a' },
      { kind: 'call.completed', call_id: 'call_a', result: 'done' },
      { kind: 'receipt', fate: 'delivered', of: [3] },
      { kind: 'call.requested', call_id: 'call_b' },
      { kind: 'call.started', call_id: 'call_b' },
      { kind: 'call.failed', call_id: 'call_b', error: ERROR },
    ]);
    expect(story.effects).toEqual([]);
    expect(story.state.news).toMatchObject([{ call_id: 'call_b' }]);
    expect(story.happens(recorded), 'a repeat changes nothing (R8)').toEqual([]);
  });

  test('is cancelled if that was asked for before', () => {
    const story = elsewhere();
    story.happens({ type: 'cancel_call', call_id: 'call_a' });
    const end = { type: 'completed', result: 'done' } as const;
    const calls = [{ call: call('call_a'), end, delivered: true as const }];
    expect(story.happens({ type: 'record_calls', calls })).toMatchObject([
      { kind: 'call.requested' },
      { kind: 'call.cancelled' },
    ]);
  });
});

const ERROR = { type: 'ToolError', message: 'The disk is full.' };
