import { expect, test } from 'vitest';
import { z } from 'zod';
import readResult from '../tools/builtin/read-result.ts';
import { portable } from './portable-schema.ts';

const shown = (input: z.ZodType) => portable(z.toJSONSchema(input, { io: 'input' }));
const field = (input: z.ZodType) =>
  (shown(z.object({ field: input })).properties as { field: object }).field;

test.each([
  ['a whole number', z.int(), { type: 'integer' }],
  ['one above 0', z.int().positive(), { type: 'integer', minimum: 1 }],
  ['one below 10', z.int().lt(10), { type: 'integer', maximum: 9 }],
  [
    'a number above 0',
    z.number().gt(0),
    { type: 'number', minimum: 0, description: 'More than 0.' },
  ],
  ['a large bound', z.number().max(2 ** 40), { type: 'number' }],
  ['a multiple', z.number().multipleOf(5), { type: 'number', description: 'A multiple of 5.' }],
  ['a constant text', z.literal('end'), { type: 'string', enum: ['end'] }],
  ['a constant number', z.literal(5), { type: 'integer', description: 'Always 5.' }],
  ['one of some texts', z.enum(['a', 'b']), { type: 'string', enum: ['a', 'b'] }],
  ['one of some numbers', z.literal([1, 2]), { type: 'integer', description: 'One of 1, 2.' }],
  ['an address', z.email(), { type: 'string', description: 'Format: email.' }],
  ['a point in time', z.iso.datetime(), { type: 'string', format: 'date-time' }],
  ['a simple pattern', z.string().regex(/^[a-z]+$/), { type: 'string', pattern: '^[a-z]+$' }],
  ['a pattern that looks around', z.string().regex(/^(?=a)b/), { type: 'string' }],
  [
    'a list of two',
    z.tuple([z.string(), z.string()]),
    { type: 'array', items: { type: 'string' }, minItems: 2, maxItems: 2 },
  ],
  [
    'a map',
    z.record(z.string(), z.int()),
    { type: 'object', additionalProperties: { type: 'integer' } },
  ],
  ['anything', z.any(), {}],
  [
    'words beside',
    z.int().positive().describe('How many.'),
    { type: 'integer', minimum: 1, description: 'How many.' },
  ],
])('%s', (_, input, schema) => {
  expect(field(input)).toEqual(schema);
});

test('alternatives are kept', () => {
  expect(field(z.union([z.string(), z.int()]))).toEqual({
    anyOf: [{ type: 'string' }, { type: 'integer' }],
  });
  expect(field(z.string().nullable())).toEqual({ anyOf: [{ type: 'string' }, { type: 'null' }] });
});

test('a schema that refers to itself is expanded once', () => {
  const tree: z.ZodType = z.object({
    name: z.string(),
    get children() {
      return z.array(tree).optional();
    },
  });
  const schema = shown(z.object({ tree }));
  expect(JSON.stringify(schema)).not.toMatch(/\$ref|\$defs/);
  expect(JSON.stringify(schema)).toContain('"children"');
});

test('an object without fields says so, and field names are not taken for keywords', () => {
  expect(portable({ type: 'object' })).toEqual({ type: 'object', properties: {} });
  const fields = z.object({ const: z.string(), $ref: z.string() });
  expect(Object.keys(shown(fields).properties!)).toEqual(['const', '$ref']);
});

test('cancel_call uses only the smallest subset of JSON Schema', () => {
  expect(JSON.stringify(shown(readResult.input))).not.toMatch(/anyOf|const|exclusive|\d{8}/);
  for (const n of ['end', 3, '3']) {
    expect(readResult.input.safeParse({ call_id: 'call_a', n }).success).toBe(true);
  }
  for (const n of [0, '', 'x', 1.5]) {
    expect(readResult.input.safeParse({ call_id: 'call_a', n }).success).toBe(false);
  }
});
