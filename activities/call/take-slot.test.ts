import { expect, test } from 'vitest';
import { delayUntilNextTry } from './take-slot.ts';

test.each([
  [0, 20, 500],
  [3, 20, 2_000],
  [9, 20, 5_000],
  [100, 20, 5_000],
  [400, 20, 20_000],
  [400, 200, 5_000],
  [100_000, 1, 60_000],
])(
  'with %i calls before it and a limit of %i, a call tries again after %i ms',
  (before, limit, ms) => {
    expect(delayUntilNextTry(before, limit)).toBe(ms);
  },
);

test('a thousand calls that wait for twenty places try less than 100 times a second', () => {
  const tries = Array.from({ length: 1_000 }, (_, before) => 1_000 / delayUntilNextTry(before, 20));
  expect(tries.reduce((sum, each) => sum + each, 0)).toBeLessThan(100);
});
