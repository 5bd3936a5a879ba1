import { expect, test } from 'vitest';
import { argumentsOf, textOf } from './wire.ts';

test.each([
  [undefined, ''],
  [null, ''],
  ['a', 'a'],
])('%j is read as the text %j', (given, text) => {
  expect(textOf(given)).toBe(text);
});

test.each([7, true, {}, ['a']])('%j in place of a text is a broken answer', (given) => {
  expect(() => textOf(given)).toThrow(expect.objectContaining({ type: 'ModelBrokenAnswer' }));
});

test.each([
  [{ a: 1 }, '{"a":1}'],
  [[1], '[1]'],
  ['{"a":', '{"a":'],
  [null, ''],
])('%j is read as the arguments %j', (given, text) => {
  expect(argumentsOf(given)).toBe(text);
});

test.each([7, false])('%j in place of arguments is a broken answer', (given) => {
  expect(() => argumentsOf(given)).toThrow(expect.objectContaining({ type: 'ModelBrokenAnswer' }));
});
