import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MAX_DEPTH, TOO_DEEP, whyRefused } from './json-value.ts';

const arrays = (depth: number): unknown => JSON.parse('['.repeat(depth) + ']'.repeat(depth));
const objects = (depth: number): unknown =>
  JSON.parse(`${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`);

test.each([arrays, objects])(
  'the maximum depth is accepted, and one more level is not',
  (nested) => {
    expect(whyRefused(nested(MAX_DEPTH))).toBeUndefined();
    expect(whyRefused(nested(MAX_DEPTH + 1))).toBe(TOO_DEEP);
    expect(whyRefused({ beside: 1, inside: [nested(MAX_DEPTH - 1)] })).toBe(TOO_DEEP);
  },
);

test.each([arrays, objects])('a depth that overflows the stack elsewhere is refused', (nested) => {
  expect(whyRefused(nested(200_000))).toBe(TOO_DEEP);
});

test.each(['1e400', '[-1e400]', '{"a":{"b":[1,1e309]}}', '{"__proto__":1e999}'])(
  'a number that JSON cannot keep is refused: %s',
  (text) => {
    expect(whyRefused(JSON.parse(text))).toMatch('number');
  },
);

test('any JSON that is not too deep is accepted', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(whyRefused(JSON.parse(JSON.stringify(value)))).toBeUndefined();
    }),
  );
});
