import { describe, expect, test } from 'vitest';
import type { CallPush } from '../contract/signals.ts';
import { endIfOverdue, hearPush, newPushes, overdueAt, type RemoteFacts } from './pushes.ts';

const start = {
  conversation: { tenant: 'acme', id: 'conv_1' },
  call_id: 'call_1',
  tool: 'render',
  input: {},
};
const FACTS: RemoteFacts = {
  kind: 'remote',
  timeout_ms: 100_000,
  silence_ms: 10_000,
  results: { min: 1, max: 'many' },
};

const progress = (n: number, percent: number): CallPush => ({
  n,
  kind: 'progress',
  percent,
  schedule: 'when_idle',
});
const result = (n: number, data: unknown = n): CallPush => ({
  n,
  kind: 'result',
  data,
  schedule: 'when_idle',
});

/** Pushes at one second each; the state goes through JSON in between, as it does in Temporal. */
function play(pushes: CallPush[], facts: Partial<RemoteFacts> = {}) {
  const context = { start, facts: { ...FACTS, ...facts } };
  let state = newPushes(start, context.facts, 0);
  const heard = pushes.map((push, i) => {
    const one = hearPush(state, push, { ...context, now: (i + 1) * 1_000 });
    state = JSON.parse(JSON.stringify(one.pushes));
    return one;
  });
  return {
    state,
    events: heard.flatMap(({ event }) => event ?? []),
    ends: heard.flatMap(({ end }) => end ?? []),
    withdrawn: heard.some(({ withdraw }) => withdraw),
  };
}

const everything = { report: 'everything' };

test('events get the numbers of their call, and keep the number they were pushed with', () => {
  const { events } = play([progress(1, 10), result(2), progress(3, 90)], everything);
  expect(events).toMatchObject([
    { call_id: 'call_1', n: 1, pushed_n: 1, event: 'progress', percent: 10 },
    { call_id: 'call_1', n: 2, pushed_n: 2, event: 'result', data: 2 },
    { call_id: 'call_1', n: 3, pushed_n: 3, event: 'progress', percent: 90 },
  ]);
  for (const event of events) expect(event).not.toHaveProperty('missing');
});

test('progress between milestones is not told, and takes no number (R7)', () => {
  const { events, state } = play([progress(1, 10), progress(2, 26), progress(3, 40), result(4)]);
  expect(events.map(({ n, pushed_n }) => [n, pushed_n])).toEqual([
    [1, 2],
    [2, 4],
  ]);
  expect(state.numbers).toEqual({ mark: 4, beyond: [] });
});

test('a gap is accepted and noted, and a late number is still told', () => {
  const { events } = play([result(1), result(4), result(2), result(3)]);
  expect(events.map(({ n, pushed_n, missing }) => ({ n, pushed_n, missing }))).toEqual([
    { n: 1, pushed_n: 1, missing: undefined },
    { n: 2, pushed_n: 4, missing: [2, 3] },
    { n: 3, pushed_n: 2, missing: undefined },
    { n: 4, pushed_n: 3, missing: undefined },
  ]);
});

test('a repeated number changes nothing, whatever it carries and however late it comes', () => {
  const { events, ends, state } = play([
    result(1),
    result(3),
    result(1, 'other'),
    { n: 3, kind: 'done' },
    result(2),
    result(2),
  ]);
  expect(events.map(({ data }) => data)).toEqual([1, 3, 2]);
  expect(ends).toEqual([]);
  expect(state.heard_at).toBe(5_000);
});

test('the state stays small, however the service numbers its pushes', () => {
  const steps = Array.from({ length: 5_000 }, (_, i) => result((i + 1) * 10));
  const { state, events } = play(steps);
  expect(events).toHaveLength(5_000);
  expect(state.numbers.beyond.length).toBeLessThanOrEqual(500);
  expect(events.at(-1)!.missing).toHaveLength(20);
  expect(play([result(1_000_000_000)]).events[0]!.missing).toHaveLength(20);
});

describe('the end', () => {
  test.each<[string, CallPush[], RemoteFacts['results'], object]>([
    [
      'completes a call whose service says done',
      [{ n: 1, kind: 'done', data: { ok: true } }],
      { min: 1, max: 1 },
      { type: 'completed', result: { ok: true } },
    ],
    [
      'is itself the result when one is missing',
      [{ n: 1, kind: 'done' }],
      { min: 1, max: 1 },
      { type: 'completed', result: null },
    ],
    [
      'is not a result when the results are in',
      [result(1), { n: 2, kind: 'done' }],
      { min: 1, max: 1 },
      { type: 'completed', result: null },
    ],
    [
      'fails a call whose service failed',
      [{ n: 1, kind: 'failed', error: { type: 'NoGpu', message: 'No GPU is free.' } }],
      { min: 1, max: 1 },
      { type: 'failed', error: { type: 'NoGpu', message: 'No GPU is free.' } },
    ],
    [
      'with too few results says what never came',
      [result(1), { n: 4, kind: 'done', data: 1 }],
      { min: 3, max: 4 },
      {
        type: 'failed',
        error: {
          type: 'TooFewResults',
          message: 'render ended after 2 of at least 3 results. Pushes that never arrived: 2, 3.',
        },
      },
    ],
  ])('%s', (_, pushes, results, end) => {
    const { ends, withdrawn } = play(pushes, { results });
    expect(ends).toEqual([end]);
    expect(withdrawn).toBe(false);
  });

  test('comes as soon as there are too many results, and the service is told to stop', () => {
    const { ends, withdrawn } = play([result(1), result(2)], { results: { min: 1, max: 1 } });
    expect(ends).toMatchObject([{ type: 'failed', error: { type: 'TooManyResults' } }]);
    expect(withdrawn).toBe(true);
  });
});

describe('a call is overdue when', () => {
  const context = (now: number) => ({ start, facts: FACTS, now });

  test('nothing has come for as long as its tool may be silent', () => {
    const { state } = play([progress(1, 1)]);
    expect(overdueAt(state, FACTS)).toBe(11_000);
    expect(endIfOverdue(state, context(10_999))).toBeUndefined();
    expect(endIfOverdue(state, context(11_000))).toEqual({
      end: {
        type: 'failed',
        error: {
          type: 'Silent',
          message: 'The service of render has sent nothing for 10 seconds.',
        },
      },
      withdraw: true,
    });
  });

  test('its total timeout is over, however much comes', () => {
    const state = { ...newPushes(start, FACTS, 0), heard_at: 99_999 };
    expect(overdueAt(state, FACTS)).toBe(100_000);
    expect(endIfOverdue(state, context(100_000))).toMatchObject({
      end: { error: { type: 'Timeout', message: 'render did not end within 100 seconds.' } },
    });
  });
});
