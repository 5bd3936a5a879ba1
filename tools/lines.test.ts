import { expect, test } from 'vitest';
import { readableLine } from './lines.ts';

test.each([
  ['a plain line', 'one two', 'one two'],
  ['colours', '\u001B[32mok\u001B[0m\u001B[K', 'ok'],
  ['control characters, but not tabs', 'a\0b\u0007\tc', 'ab\tc'],
  ['half a surrogate pair', 'a\uD83D', 'a\uFFFD'],
  ['trailing space', ' 10%   ', ' 10%'],
])('%s', (_, text, readable) => {
  expect(readableLine(text)).toBe(readable);
});

test('a long line is cut', () => {
  expect(readableLine('abcdefgh', 5)).toBe('abcde…');
  expect(readableLine('abcde', 5)).toBe('abcde');
});
