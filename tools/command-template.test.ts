import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ArgumentRefused, compileCommand, literal } from './command-template.ts';

const compile = (command: [string, ...string[]], allow_dash: string[] = []) =>
  compileCommand(command, { fields: ['a', 'b'], allow_dash });

describe('a template', () => {
  test.each([
    [['prog', '{a}'], { a: 'x' }, ['prog', 'x']],
    [['prog', '--name={a}', '{b}.txt'], { a: 'x y', b: 'z' }, ['prog', '--name=x y', 'z.txt']],
    [['prog', '{a}{b}'], { a: 1, b: true }, ['prog', '1true']],
    [['prog', '{a}'], { a: '' }, ['prog', '']],
    [['prog', '{{a}}', '{{{a}}}'], { a: 'x' }, ['prog', '{a}', '{x}']],
    [['prog', ''], {}, ['prog', '']],
    [['prog', '{a}'], { a: '{b}', b: 'no' }, ['prog', '{b}']],
    [['{{prog}}'], {}, ['{prog}']],
  ] as [[string, ...string[]], Record<string, unknown>, string[]][])(
    '%j with %j is %j',
    (command, input, argv) => {
      expect(compile(command)(input)).toEqual(argv);
    },
  );

  test.each([
    [['{a}'], /must be a fixed text/],
    [['/bin/{a}', 'x'], /must be a fixed text/],
    [[''], /must be a fixed text/],
    [['prog', '{c}'], /names the field c; the input's are: a, b/],
    [['prog', '{'], /lone \{: write \{\{/],
    [['prog', 'awk {print $1}'], /lone \{/],
    [['prog', 'a}'], /lone \}/],
  ] as [[string, ...string[]], RegExp][])('%j is refused when it is declared', (command, why) => {
    expect(() => compile(command)).toThrow(why);
  });

  test('keeps literal text unchanged', () => {
    expect(compile(['prog', literal('/tmp/{a}/}{')])({ a: 'x' })).toEqual(['prog', '/tmp/{a}/}{']);
  });
});

describe('a value', () => {
  test.each([
    ['begins with a dash', '{a}', { a: '-rf' }, 'a must not begin with "-".'],
    ['is a dash', '{a}', { a: '-' }, 'a must not begin with "-".'],
    ['begins with a dash before a suffix', '{a}.txt', { a: '-o' }, 'a must not begin with "-".'],
    ['puts the dash after an empty value', '{a}{b}', { a: '', b: '-x' }, /must not begin/],
    ['contains NUL', '{a}', { a: 'x\0y' }, 'a must not contain NUL.'],
    ['contains NUL in the middle', '--a={a}', { a: '\0' }, 'a must not contain NUL.'],
    ['is missing', '{a}', {}, /a must be text, a number or a boolean/],
    ['is an object', '{a}', { a: {} }, /a must be text/],
    ['is a negative number', '{a}', { a: -1 }, /must not begin/],
  ])('that %s is refused', (_, template, input, why) => {
    const build = () => compile(['prog', template])(input);
    expect(build).toThrow(ArgumentRefused);
    expect(build).toThrow(why);
  });

  test('may begin with a dash if the author allows it or puts text before it', () => {
    expect(compile(['prog', '--', '{a}'], ['a'])({ a: '-rf' })).toEqual(['prog', '--', '-rf']);
    expect(compile(['prog', '-n{a}', '--x={a}'])({ a: '-1' })).toEqual(['prog', '-n-1', '--x=-1']);
  });
});

test('any text becomes one unchanged argument or is refused', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string(), (a, b) => {
      fc.pre(!/^-|\0/.test(a) && !b.includes('\0'));
      expect(compile(['prog', '{a}', 'mid', 'x{b}'])({ a, b })).toEqual([
        'prog',
        a,
        'mid',
        `x${b}`,
      ]);
    }),
  );
});
