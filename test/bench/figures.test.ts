import { expect, test } from 'vitest';
import { percentile, ratio } from './figures.ts';

test('percentiles are taken from the sorted samples', () => {
  const samples = [5, 1, 4, 2, 3];
  expect([percentile(samples, 50), percentile(samples, 95), percentile(samples, 0)]).toEqual([
    3, 5, 1,
  ]);
  expect(() => percentile([], 50)).toThrow('no samples');
});

test('a ratio has two digits', () => {
  expect(ratio(2, 3)).toBe(0.67);
});
