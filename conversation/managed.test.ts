/** R8, managed calls: the service suspends their flow until their results are in. */
import { describe, expect, test } from 'vitest';
import type { RequestedCall } from '../contract/call.ts';
import { call, LIMITS, Story } from '../test/kit/story.ts';
import { headOf } from './head.ts';

const managed = (id: string, more: Partial<RequestedCall> = {}) =>
  call(id, { awaits: 'managed', results: 2, ...more });

/** Its calls run, their grace is over, nobody speaks. */
function running(...calls: RequestedCall[]): Story {
  const story = new Story();
  story.user('go');
  story.model('Going.', ...calls);
  story.pass(LIMITS.settle_ms + LIMITS.grace_ms);
  return story;
}

const gives = (story: Story, id: string, n: number, more = {}) =>
  story.progress(id, n, n, { event: 'result', data: `result ${n}`, ...more });

/** Seqs that the last reply was given to tell. */
const told = (story: Story) => story.effectsOf('start_reply').at(-1)!.request.news;
const replies = (story: Story) => story.effectsOf('start_reply').length;
const suspended = ({ state }: Story) => headOf(state).calls.map((each) => each.suspended);
const failed = { type: 'failed', error: { type: 'Broken', message: 'It broke.' } } as const;

describe('a suspended flow', () => {
  test('is marked in the request of its call, so the log alone shows it', () => {
    const story = running(managed('call_a'), managed('call_b', { results: undefined }), call('c'));
    expect(story.all('call.requested')).toMatchObject([
      { awaits: 'managed', results: 2 },
      { awaits: 'managed' },
      {},
    ]);
    const [, second, third] = story.all('call.requested');
    expect([second!.results, third!.awaits, third!.results]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('resumes in one turn when the declared number of results is in, and not before', () => {
    const story = running(managed('call_a'));
    const [first] = gives(story, 'call_a', 1);
    expect(story.pass(60_000)).toEqual([]);
    const [second] = gives(story, 'call_a', 2);
    story.pass(LIMITS.quiet_ms);
    expect(replies(story)).toBe(2);
    expect(told(story)).toEqual([first!.seq, second!.seq]);
    expect(story.all('reply.started').at(-1)).toMatchObject({
      because: 'news',
      cause: told(story),
    });
  });

  test('is told no progress before it resumes', () => {
    const story = running(managed('call_a'));
    const [progress] = story.progress('call_a', 1, 50);
    expect(story.pass(60_000)).toEqual([]);
    gives(story, 'call_a', 2);
    gives(story, 'call_a', 3);
    story.pass(LIMITS.quiet_ms);
    expect(told(story)).toContain(progress!.seq);
    expect(story.pass(60_000)).toEqual([]);
  });

  test.each(['silent', 'when_idle', 'interrupt'] as const)(
    'waits and then resumes even if its results are scheduled %s',
    (schedule) => {
      const story = running(managed('call_a'));
      gives(story, 'call_a', 1, { schedule });
      expect(story.pass(60_000)).toEqual([]);
      gives(story, 'call_a', 2, { schedule });
      story.pass(LIMITS.quiet_ms);
      expect(told(story)).toHaveLength(2);
    },
  );

  test('does not cut into a reply with the first of its results, but may with the last', () => {
    const story = running(managed('call_a'));
    story.user('What is a signal?');
    const answering = story.replying;
    gives(story, 'call_a', 1, { schedule: 'interrupt' });
    expect(story.replying).toBe(answering);
    gives(story, 'call_a', 2, { schedule: 'interrupt' });
    expect(story.all('reply.interrupted')).toMatchObject([{ reply_id: answering, by: 'event' }]);
    expect(told(story)).toHaveLength(2);
  });

  test('resumes when its call ends with the last result', () => {
    const story = running(managed('call_a'));
    const [first] = gives(story, 'call_a', 1);
    const [end] = story.ends('call_a');
    story.pass(LIMITS.quiet_ms);
    expect(told(story)).toEqual([end!.seq, first!.seq]);
  });

  test('waits for the end when any number of results may come', () => {
    const story = running(managed('call_a', { results: undefined }));
    for (let n = 1; n <= 20; n += 1) gives(story, 'call_a', n);
    expect(story.pass(60_000)).toEqual([]);
    expect(suspended(story)).toEqual([{ results: 20 }]);
    story.ends('call_a');
    story.pass(LIMITS.quiet_ms);
    expect(told(story)).toHaveLength(21);
  });

  test.each([
    ['failure', failed],
    ['cancel in Temporal', { type: 'cancelled' } as const],
  ])('resumes with a %s and with the results before it', (_, end) => {
    const story = running(managed('call_a'));
    gives(story, 'call_a', 1);
    story.ends('call_a', end);
    story.pass(LIMITS.quiet_ms);
    expect(told(story)).toHaveLength(2);
    expect(suspended(story)).toEqual([undefined]);
  });

  test('resumes with a denial', () => {
    const story = running(managed('call_a', { approval: { timeout_ms: 60_000 } }));
    expect(suspended(story)).toEqual([{ results: 0, of: 2 }]);
    story.decides('call_a', 'deny');
    story.pass(LIMITS.quiet_ms);
    expect(story.all('reply.started').at(-1)).toMatchObject({ reason: 'call_a denied' });
  });

  test('ends with a cancel: what was held back is superseded, and nothing is told', () => {
    const story = running(managed('call_a'));
    const [first] = gives(story, 'call_a', 1);
    story.happens({ type: 'cancel_call', call_id: 'call_a' });
    expect(story.all('receipt')).toMatchObject([{ of: [first!.seq], fate: 'superseded' }]);
    expect(story.pass(60_000)).toEqual([]);
    expect(story.state).not.toHaveProperty('held');
  });

  test('is shown with the results that are in, and no longer once it has resumed', () => {
    const story = running(managed('call_a'));
    gives(story, 'call_a', 1);
    expect(suspended(story)).toEqual([{ results: 1, of: 2 }]);
    story.user('How far is it?');
    const { news, calls } = story.effectsOf('start_reply').at(-1)!.request;
    expect(news).toEqual([]);
    expect(calls).toMatchObject([{ call_id: 'call_a', suspended: { results: 1, of: 2 } }]);
    story.model('One of two.');
    gives(story, 'call_a', 2);
    expect(suspended(story)).toEqual([undefined]);
  });

  test('does not hold up the news of another call', () => {
    const story = running(managed('call_a'), call('call_b'));
    gives(story, 'call_a', 1);
    const [result] = gives(story, 'call_b', 1);
    story.pass(LIMITS.quiet_ms);
    expect(told(story)).toEqual([result!.seq]);
  });

  test('survives a JSON round trip and a repeat of what was held back', () => {
    const story = running(managed('call_a'));
    const [first] = gives(story, 'call_a', 1);
    story.state = JSON.parse(JSON.stringify(story.state));
    expect(gives(story, 'call_a', 1)).toEqual([]);
    const [second] = gives(story, 'call_a', 2);
    story.pass(LIMITS.quiet_ms);
    expect(told(story)).toEqual([first!.seq, second!.seq]);
  });
});

describe('a flow that resumes', () => {
  /** Its two results are being told. */
  function telling(): Story {
    const story = running(managed('call_a'));
    gives(story, 'call_a', 1);
    gives(story, 'call_a', 2);
    story.pass(LIMITS.quiet_ms);
    return story;
  }

  test('gives each of its events a receipt', () => {
    const story = running(managed('call_a'));
    const seqs = [story.progress('call_a', 1, 10), story.progress('call_a', 2, 20)].flat();
    seqs.push(...gives(story, 'call_a', 3), ...gives(story, 'call_a', 4));
    story.pass(LIMITS.quiet_ms);
    const fates = story.model('All is in.').filter((entry) => entry.kind === 'receipt');
    const [early, ...others] = seqs.map(({ seq }) => seq);
    expect(fates).toMatchObject([
      { fate: 'spoken', of: others.toSorted((a, b) => rank(a) - rank(b)) },
      { fate: 'merged', of: [early] },
    ]);
    // Results before progress (R4).
    function rank(seq: number) {
      return story.all('call.event').find((entry) => entry.seq === seq)!.event === 'result' ? 0 : 1;
    }
  });

  test('is told again when the reply that tells it is interrupted', () => {
    const story = telling();
    const all = told(story);
    story.user('Wait, what is a signal?');
    expect(story.all('reply.interrupted')).toHaveLength(1);
    expect(told(story)).toEqual(all);
    expect(story.model('All is in.').find(({ kind }) => kind === 'receipt')).toMatchObject({
      of: all,
      fate: 'spoken',
    });
  });

  test('spends no second turn on an end that brings nothing new', () => {
    const story = telling();
    story.model('All is in.');
    const [end] = story.ends('call_a', { type: 'completed', result: null });
    expect(story.pass(60_000)).toEqual([]);
    story.user('Thanks.');
    expect(told(story)).toEqual([end!.seq]);
  });

  test('is told a failure that comes after its results', () => {
    const story = telling();
    story.model('All is in.');
    const [end] = story.ends('call_a', failed);
    story.pass(LIMITS.quiet_ms);
    expect(told(story)).toEqual([end!.seq]);
  });

  test('is told no progress that comes after its results', () => {
    const story = telling();
    story.model('All is in.');
    story.progress('call_a', 3, 90, { schedule: 'interrupt' });
    expect(story.pass(60_000)).toEqual([]);
    story.ends('call_a', { type: 'completed', result: null });
    expect(story.pass(60_000)).toEqual([]);
    story.user('Thanks.');
    expect(told(story)).toHaveLength(2);
  });

  test('has failed receipts when the conversation closes before it is told', () => {
    const story = running(managed('call_a'));
    const [first] = gives(story, 'call_a', 1);
    const [end] = story.ends('call_a');
    story.happens({ type: 'close' });
    story.happens({ type: 'settled' });
    expect(story.all('receipt')).toMatchObject([{ of: [first!.seq, end!.seq], fate: 'failed' }]);
  });
});

describe('R11: within grace', () => {
  /** Its calls have just been released. */
  function released(text: string, ...calls: RequestedCall[]): Story {
    const story = new Story();
    story.user('go');
    story.model(text, ...calls);
    story.pass(LIMITS.settle_ms);
    return story;
  }

  test('all results of a managed call are told in the same turn', () => {
    const story = released('Going.', managed('call_a'));
    gives(story, 'call_a', 1);
    story.ends('call_a');
    expect(story.all('reply.started').at(-1)).toMatchObject({ because: 'results' });
    expect(told(story)).toHaveLength(2);
  });

  test.each(['Going.', ''])(
    'some results of a managed call cause no reply, when the model has said %j',
    (text) => {
      const story = released(text, managed('call_a'));
      gives(story, 'call_a', 1);
      expect(story.pass(60_000)).toEqual([]);
    },
  );

  test('a model that has said nothing is asked again when a person has to approve the call, so that it can say so', () => {
    const story = released('', managed('call_a', { approval: { timeout_ms: 60_000 } }));
    expect(story.all('reply.started').at(-1)).toMatchObject({ because: 'results' });
  });

  test('a model that has said nothing is asked again about a call that is not managed', () => {
    const story = released('', managed('call_a'), call('call_b'));
    story.pass(LIMITS.grace_ms);
    expect(story.all('reply.started').at(-1)).toMatchObject({ because: 'results' });
  });
});
