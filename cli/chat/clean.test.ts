import { expect, test } from 'vitest';
import { clean, oneLine } from './clean.ts';

test.each([
  ['colours and cursor moves', 'a\u001b[31mred\u001b[0m\u001b[2J\u001b[H b', 'ared b'],
  [
    'a title and a link',
    '\u001b]0;title\u0007a\u001b]8;;https://x.test\u0007b\u001b]8;;\u0007',
    'ab',
  ],
  ['a carriage return that would write over the line', 'safe\rgone\r\nnext', 'safegone\nnext'],
  ['marks that reverse the text', 'pay \u202e001\u202c to \u2066bob\u2069', 'pay 001 to bob'],
  ['control characters', 'a\u0000\u0008\u009b31mb\u007f', 'ab'],
])('a terminal does not receive %s', (_, text, shown) => {
  expect(clean(text)).toBe(shown);
});

test('accents, emoji and line breaks stay', () => {
  expect(clean('Käse 🧀\n\tnext')).toBe('Käse 🧀\n    next');
});

test('a long line is cut between characters', () => {
  expect(oneLine('one\n two  three', 20)).toBe('one two three');
  expect(oneLine('🧀🧀🧀🧀', 3)).toBe('🧀🧀…');
});
