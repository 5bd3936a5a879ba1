import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineTool, type Tool } from './define.ts';
import { asShown, isAgreed, takenInput } from './taken-input.ts';

const tool = (shape: z.ZodRawShape) =>
  defineTool({
    name: 'pay',
    description: 'Pays.',
    input: z.object(shape),
    run: async () => null,
  }) as Tool;

const remote = (shape: z.ZodRawShape) =>
  ({ ...tool(shape), remote: { url: 'https://a.example', secret: '' } }) as unknown as Tool;

const cents = z.number().transform((euros) => euros * 100);
const clamped = z.coerce.number().transform((amount) => Math.min(amount, 50));

describe('the input is parsed once if parsing it again changes nothing: the schema', () => {
  test.each([
    ['trims', { to: z.string().trim() }, { to: ' Ann ' }, { to: 'Ann' }],
    ['fills in a default', { in: z.string().default('EUR') }, {}, { in: 'EUR' }],
    ['converts and limits', { amount: clamped }, { amount: '100' }, { amount: 50 }],
    ['drops an unknown field', { to: z.string() }, { to: 'Ann', secret: true }, { to: 'Ann' }],
    [
      'reads a date',
      { on: z.coerce.date() },
      { on: '2030-01-02' },
      { on: '2030-01-02T00:00:00.000Z' },
    ],
    ['reads a bigint', { n: z.string().transform(BigInt) }, { n: '05' }, { n: '5' }],
    [
      'makes a set',
      { of: z.array(z.string()).transform((list) => new Set(list)) },
      { of: ['a', 'a'] },
      { of: ['a'] },
    ],
    ['changes nothing', { to: z.string() }, { to: 'Ann' }, { to: 'Ann' }],
  ])('%s', async (_, shape, given, input) => {
    expect(await takenInput(tool(shape as z.ZodRawShape), given)).toEqual({ input, shown: {} });
  });

  test('reads a default that changes with time once', async () => {
    let now = 0;
    const input = { at: z.number().default(() => (now += 1)) };
    const taken = await takenInput(tool(input), {});
    expect(taken).toEqual({ input: { at: 1 }, shown: {} });
    expect(isAgreed(await tool(input).input.parseAsync(taken.input), taken.input)).toBe(true);
  });
});

describe('a parsed input that would change again is shown next to the given one: the value', () => {
  test.each([
    ['counts in cents', { amount: cents }, { amount: 5 }, { amount: 500 }],
    ['becomes another type', { n: z.string().transform(Number) }, { n: '5' }, { n: 5 }],
  ])('%s', async (_, shape, given, input) => {
    const taken = await takenInput(tool(shape), given);
    expect(taken).toEqual({ input: given, shown: { input } });
  });

  test('is not shown for a remote service, which is sent the given input', async () => {
    expect(await takenInput(remote({ amount: cents }), { amount: 5 })).toEqual({
      input: { amount: 5 },
      shown: {},
    });
    const trimmed = await takenInput(remote({ to: z.string().trim() }), { to: ' Ann ' });
    expect(trimmed).toEqual({ input: { to: 'Ann' }, shown: {} });
  });
});

test.each([
  [circular(), /Circular/],
  [
    {
      toJSON: () => {
        throw new Error('no');
      },
    },
    /toJSON/,
  ],
  [undefined, null],
  [{ a: Number.NaN }, { a: 'NaN' }],
  [{ a: '\ud800' }, { a: '\ufffd' }],
  [{ text: 'x'.repeat(300_000) }, /^\{/],
])('any parsed value is shown the same way, as JSON: %#', (taken, shown) => {
  const once = asShown(taken);
  expect(JSON.parse(JSON.stringify(once))).toEqual(once);
  expect(isAgreed(taken, once)).toBe(true);
  if (shown instanceof RegExp) expect(once).toMatch(shown);
  else expect(once).toEqual(shown);
});

function circular() {
  const value: Record<string, unknown> = {};
  value.self = value;
  return value;
}
