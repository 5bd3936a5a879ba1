import { expect, test } from 'vitest';
import { wrapsOf } from './reflow.ts';

test.each([
  ['lines that fit', 'one\n\ntwo', 3, 0],
  ['a line of five columns at two', 'abcde\nok', 2, 2],
  ['wide characters', '漢字漢字', 4, 1],
  ['colours, which take no room', '\u001b[36mabcd\u001b[39m', 4, 0],
])('%s wrap as a terminal wraps them', (_, text, columns, wraps) => {
  expect(wrapsOf(text, columns)).toBe(wraps);
});
