import { expect, test } from 'vitest';
import { readRetryAfter } from './retry-after.ts';

test.each([
  [undefined, undefined],
  ['7', 7_000],
  ['0', 0],
  ['1.5', 1_500],
  ['100000', 120_000],
  ['Tue, 01 Jan 2030 00:00:09 GMT', 9_000],
  ['Tue, 01 Jan 2000 00:00:00 GMT', 0],
  ['soon', undefined],
])('“Retry-After: %s” is %s ms', (header, expected) => {
  expect(readRetryAfter(header, Date.parse('2030-01-01T00:00:00Z'), 120_000)).toBe(expected);
});
