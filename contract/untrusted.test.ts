import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { validate, callEnd, callPush, signalShapes } from './untrusted.ts';

const FITS: [keyof typeof signalShapes, object][] = [
  ['message', { message_id: 'm', text: '' }],
  ['message', { message_id: 'm', text: 'x', when_busy: 'rollback', author: 'ann' }],
  ['interrupt', { scope: 'calls', call_ids: ['a', 'b'] }],
  ['interrupt', { scope: 'all', message: { message_id: 'm', text: 'x' }, by: 'ann' }],
  ['cancel_call', { call_id: 'a' }],
  ['call_event', { call_id: 'a', n: 1, event: 'progress', percent: 0.5, schedule: 'silent' }],
  ['call_event', { call_id: 'a', n: 2, event: 'result', data: [null, {}], schedule: 'interrupt' }],
  [
    'call_event',
    {
      ...{ call_id: 'a', n: 3, event: 'result', schedule: 'when_idle', pushed_n: 9, missing: [7] },
      stored: { n: 'end', bytes: 9_000, head: 'x' },
    },
  ],
  ['call_ended', { call_id: 'a', end: { type: 'completed', result: null } }],
  ['call_ended', { call_id: 'a', end: { type: 'failed', error: { type: 'X', message: '' } } }],
  ['call_ended', { call_id: 'a', end: { type: 'cancelled' } }],
  ['close', {}],
  ['reset', { run_id: 'r', had: 0, calls: [] }],
];

test.each(FITS)('a %s that the service sends is accepted unchanged: %j', (name, signal) => {
  expect(validate<object>(signalShapes[name], signal)).toEqual({ value: signal });
  // Unknown fields are left out, so they cannot be taken for others.
  const more = { ...signal, at: 1, type: 'close', surprise: true };
  expect(validate<object>(signalShapes[name], more)).toEqual({ value: signal });
});

test.each([
  { n: 1, kind: 'progress', percent: 100, note: 'x', schedule: 'silent' },
  { n: 1, kind: 'result', data: 0, schedule: 'silent' },
  { n: 1, kind: 'done' },
  { n: 1, kind: 'failed', error: { type: 'X', message: 'x' } },
])('a push that the API passes on is accepted unchanged: %j', (push) => {
  expect(validate<object>(callPush, push)).toEqual({ value: push });
});

describe('for any value,', () => {
  const shapes = { ...signalShapes, callEnd, callPush };
  test.each(Object.keys(shapes) as (keyof typeof shapes)[])('checking %s never throws', (name) => {
    fc.assert(
      fc.property(fc.anything({ maxDepth: 4, withNullPrototype: true }), (value) => {
        const { why } = validate<object>(shapes[name], value);
        expect(why === undefined || (typeof why === 'string' && why.length < 400)).toBe(true);
      }),
    );
  });

  test('the reason does not repeat a wrong value, which may be large or secret', () => {
    const secret = 'a secret'.repeat(1_000);
    for (const text of [[secret], { secret }, 7]) {
      const { why } = validate<object>(signalShapes.message, { message_id: 'm', text });
      expect(why).toBe('text must be a string.');
    }
    const { why } = validate<object>(signalShapes.close, { by: secret });
    expect(why).toBe('by must be a string of at most 1000 characters.');
  });
});
