import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { asJson } from './as-json.ts';

const json = (value: unknown, maxBytes = 1_000) => asJson(value, maxBytes, 'Its result');

test.each([
  [{ a: [1, 'x', null, true] }, { a: [1, 'x', null, true] }],
  [undefined, null],
  [{ a: undefined, b: 1 }, { b: 1 }],
  [new Date(0), '1970-01-01T00:00:00.000Z'],
  ['a\0b', 'a\uFFFDb'],
  [
    JSON.parse('{"__proto__":{"a":1},"constructor":2}'),
    JSON.parse('{"__proto__":{"a":1},"constructor":2}'),
  ],
  [{ 'a\0': '\ud800' }, { 'a\uFFFD': '\uFFFD' }],
  ['\\u0000 as text', '\\u0000 as text'],
  ['\\\0', '\\\uFFFD'],
  ['🎉', '🎉'],
])('%j becomes %j', (value, expected) => {
  expect(json(value)).toEqual(expected);
});

describe('a value that JSON would lose is refused:', () => {
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  const nested = (depth: number) => JSON.parse('['.repeat(depth) + ']'.repeat(depth));

  test.each([
    ['a BigInt', { a: 1n }, 'Its result is not valid JSON: "a" is a bigint.'],
    ['a function', () => 1, 'Its result is not valid JSON: it is a function.'],
    ['a symbol', [Symbol('s')], 'Its result is not valid JSON: "0" is a symbol.'],
    ['NaN', { a: Number.NaN }, 'Its result is not valid JSON: "a" is NaN.'],
    ['infinity', Number.POSITIVE_INFINITY, 'Its result is not valid JSON: it is Infinity.'],
    ['a map', { m: new Map() }, 'Its result is not valid JSON: "m" is a Map.'],
    ['a cycle', cycle, /^Its result is not valid JSON: Converting circular structure to JSON\.$/],
    ['101 levels', nested(101), 'Its result is nested deeper than 100 levels.'],
    ['3,800 levels', nested(3_800), 'Its result is nested deeper than 100 levels.'],
    ['endless depth', nested(100_000), 'Its result is nested deeper than 100 levels.'],
    ['an object that throws', { toJSON: () => JSON.parse('{') }, /^Its result is not valid JSON: /],
  ])('%s', (_, value, message) => {
    expect(() => json(value)).toThrow(message);
    expect(() => json(value)).toThrow(expect.objectContaining({ type: 'InvalidResult' }));
  });
});

test('the size is counted in bytes of JSON', () => {
  expect(json('ü'.repeat(4), 10)).toBe('üüüü');
  expect(() => json('ü'.repeat(5), 10)).toThrow('Its result has 12 bytes; at most 10 are allowed.');
  expect(() => json('12345678901', 10)).toThrow(
    expect.objectContaining({ type: 'ResultTooLarge' }),
  );
});

test('any JSON stays as it is, except for characters that cannot be stored', () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
      const read = json(value, 1e6);
      expect(JSON.stringify(read)).not.toMatch(/(?<!\\)(\\\\)*\\u(0000|d[89a-f])/);
      const text = JSON.stringify(value);
      if (!/\\u/.test(text)) expect(read).toEqual(JSON.parse(text));
    }),
  );
});
