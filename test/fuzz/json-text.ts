/** JSON as texts, hostile on purpose: what is wrong with them is lost once they are parsed. */
import fc from 'fast-check';

const DEPTHS = [1, 50, 99, 100, 101, 102, 500, 3_800, 5_000, 20_000];
const SHELLS = [
  ['[', '', ']'],
  ['{"a":', '1', '}'],
  ['[{"__proto__":', '[]', '}]'],
] as const;

const deep = fc
  .tuple(fc.constantFrom(...DEPTHS), fc.constantFrom(...SHELLS))
  .map(([depth, [open, inner, close]]) => open.repeat(depth) + inner + close.repeat(depth));

const numbers = fc.constantFrom(
  ...['1e400', '-1e400', '1e308', '9007199254740993', '-0', '1e-400', '0.1e1', '-1', '1.5'],
  ...['123456789012345678901234567890', '2147483648', '9223372036854775808', '01', '+1', 'NaN'],
);

/** Every JSON string that is not like others, escaped and not. */
export const strings = fc.oneof(
  fc.constantFrom(
    ...[String.raw`"\ud800"`, String.raw`"\ude00\ud83d"`, String.raw`"a\u0000b"`, '"😀 👩‍👩‍👧"'],
    ...[String.raw`"\ud83d\ude00"`, String.raw`"\\ud800"`, '"\uFEFF"', '"\u2028\u202E"', '""'],
    ...['" "', '"__proto__"', '"constructor"', '"null"', '"1"', `"${'x'.repeat(5_000)}"`, '"é"'],
    String.raw`"';--\"\\{}[]$1%s"`,
  ),
  fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text)),
);

const objects = fc.constantFrom(
  ...['{"__proto__":{"polluted":1}}', '{"constructor":{"prototype":{"polluted":1}}}', '{"":1}'],
  ...['{"a":1,"a":2}', '{"prototype":null,"toString":1,"hasOwnProperty":2,"then":3,"toJSON":4}'],
  ...[`{"${'k'.repeat(3_000)}":1}`, String.raw`{"a\u0000":1,"a\ud800":2,"😀":3}`, '{"length":1e9}'],
);

const plain = fc.constantFrom('null', 'true', 'false', '0', '7', '[]', '{}', '[[]]', '[null]', '');

export const hostileText: fc.Arbitrary<string> = fc.oneof(
  deep,
  numbers,
  strings,
  objects,
  plain,
  fc.json(),
);

/** A name, as JSON, that objects of JavaScript treat in a way of its own. */
export const oddName = fc.constantFrom(
  ...['"__proto__"', '"constructor"', '"prototype"', '"toString"', '"x"', '""', '"kind"'],
);
