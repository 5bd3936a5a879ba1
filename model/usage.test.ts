import { expect, test } from 'vitest';
import { usageOf } from './usage.ts';

test.each([
  [7, 7],
  [0, 0],
  ['7', 7],
  [1.5, 2],
  [-1, 3],
  [1e300, 3],
  [Infinity, 3],
  ['', 3],
  ['x', 3],
  [true, 3],
  [[7], 3],
  [{}, 3],
  [null, 3],
])('after 3 tokens, a count of %j gives %i', (given, tokens) => {
  const before = { input_tokens: 3, output_tokens: 3 };
  const both = { input_tokens: tokens, output_tokens: tokens };
  expect(usageOf({ prompt_tokens: given, completion_tokens: given }, before)).toEqual(both);
  expect(usageOf({ input_tokens: given, output_tokens: given }, before)).toEqual(both);
});

test.each([null, 7, 'none', []])('%j is not a usage', (given) => {
  expect(usageOf(given)).toEqual({ input_tokens: 0, output_tokens: 0 });
});
