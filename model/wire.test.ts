import { expect, test } from 'vitest';
import { argumentsOf, textOf, tokensOf } from './wire.ts';

test.each([
  [undefined, ''],
  [null, ''],
  ['a', 'a'],
])('%j is the text %j', (given, text) => {
  expect(textOf(given)).toBe(text);
});

test.each([7, true, {}, ['a']])('%j where a text belongs is a broken answer', (given) => {
  expect(() => textOf(given)).toThrow(expect.objectContaining({ type: 'ModelBrokenAnswer' }));
});

test('arguments may be the parsed object, but no deeper than is taken', () => {
  expect(argumentsOf({ a: 1 })).toBe('{"a":1}');
  const deep = JSON.parse('['.repeat(9_000) + ']'.repeat(9_000));
  expect(() => argumentsOf(deep)).toThrow(expect.objectContaining({ type: 'ModelBrokenAnswer' }));
});

test.each([
  [7, 7],
  [0, 0],
  [-1, 0],
  [1.5, 0],
  [1e300, 0],
  [Infinity, 0],
  ['7', 0],
  [null, 0],
])('%j tokens count as %i', (given, tokens) => {
  expect(tokensOf(given)).toBe(tokens);
});
