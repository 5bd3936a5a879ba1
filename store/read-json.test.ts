import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DEEPEST_READ, readJson } from './read-json.ts';

const arrays = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
const innermost = (value: unknown) => {
  let depth = 0;
  let inner = value;
  for (; typeof inner === 'object' && inner !== null; depth += 1) [inner] = Object.values(inner);
  return { depth, inner };
};

test.each([1, 100, DEEPEST_READ])('%i levels are read unchanged', (depth) => {
  expect(innermost(readJson(arrays(depth)))).toEqual({ depth, inner: undefined });
});

test.each([DEEPEST_READ + 1, 3_800, 100_000])(
  'the innermost of %i levels are read as text',
  (depth) => {
    const value = readJson(`{"a":${arrays(depth - 1)},"b":"]"}`);
    expect(innermost(value)).toEqual({ depth: DEEPEST_READ, inner: arrays(depth - DEEPEST_READ) });
    expect(value.b).toBe(']');
    expect(() => JSON.stringify(structuredClone({ entries: [{ data: value }] }))).not.toThrow();
  },
);

test('every value that is too deep is a separate text, even with brackets and quotes in its strings', () => {
  const deep = `[{"\\"[":"\\\\"},[1]]`;
  const around = (inside: string) => '['.repeat(DEEPEST_READ) + inside + ']'.repeat(DEEPEST_READ);
  let value = readJson(around(`"[[\\\\\\"[",${deep},7,${deep}`));
  for (let level = 1; level < DEEPEST_READ; level += 1) [value] = value;
  expect(value).toEqual(['[[\\"[', deep, 7, deep]);
});

test('any other JSON is read as JSON.parse reads it', () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'binary', maxDepth: 6 }), fc.nat(3), (value, space) => {
      const text = JSON.stringify(value, undefined, space);
      expect(readJson(text)).toEqual(JSON.parse(text));
    }),
  );
});
