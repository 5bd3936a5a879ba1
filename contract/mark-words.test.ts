import { expect, test } from 'vitest';
import { markWords } from './mark-words.ts';

const marked = (text: string, ...words: string[]) =>
  markWords(text, words)
    .map(({ text: piece, isWord }) => (isWord ? `<${piece}>` : piece))
    .join('');

test('every occurrence of a word is a piece, whatever its case and wherever it is', () => {
  expect(marked('Party art, ART', 'art')).toBe('P<art>y <art>, <ART>');
  expect(marked('ÄPFEL und Äpfel', 'äpfel')).toBe('<ÄPFEL> und <Äpfel>');
  expect(markWords('walrus', ['walrus'])).toEqual([{ text: 'walrus', isWord: true }]);
});

test('the longest of overlapping words is marked', () => {
  expect(marked('install it in here', 'in', 'install')).toBe('<install> it <in> here');
});

test('characters with a meaning in regular expressions are matched literally', () => {
  const text = String.raw`a 100% c:\dir (x.*y) [z] a-b $1 {n}? a|b ^`;
  for (const word of text.split(' ')) expect(marked(text, word)).toContain(`<${word}>`);
  expect(marked('xyy', 'x.*y')).toBe('xyy');
});

test('half of a surrogate pair matches nothing, so an emoji stays whole', () => {
  expect(marked('a 🦭 b', '\ud83e')).toBe('a 🦭 b');
  expect(marked('a 🦭 b', '🦭')).toBe('a <🦭> b');
});

test('without words nothing is marked', () => {
  expect(markWords('said', [])).toEqual([{ text: 'said', isWord: false }]);
  expect(markWords('said', [''])).toEqual([{ text: 'said', isWord: false }]);
});
