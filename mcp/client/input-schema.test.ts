import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { declareTools } from '../../model/tools-schema.ts';
import { mcpTool } from '../../tools/mcp.ts';
import { keptProgram } from '../../tools/mcp-program.ts';
import { inputSchema, UnusableSchema } from './input-schema.ts';

const nested = (depth: number): object =>
  depth === 0 ? {} : { type: 'object', properties: { a: nested(depth - 1) } };

describe('a server’s schema', () => {
  const given = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    type: 'object',
    properties: {
      name: { type: 'string', minLength: 2 },
      at: { $ref: '#/$defs/place' },
    },
    required: ['name'],
    $defs: { place: { type: 'object', properties: { x: { type: 'number' } } } },
  };

  test('accepts what the server accepts, unchanged', async () => {
    const input = { name: 'Ann', at: { x: 1 }, more: ['is', 'kept'] };
    expect(await inputSchema(given).parseAsync(input)).toEqual(input);
  });

  test.each([
    [{}, /name/],
    [{ name: 'A' }, /2/],
    [{ name: 'Ann', at: { x: 'one' } }, /x/],
    ['text', /object/],
  ])('refuses %j and says why', (input, why) => {
    expect(inputSchema(given).safeParse(input).error?.issues[0]?.message).toMatch(why);
  });

  test('is shown to a model as the server wrote it, with `report` beside it', () => {
    const shown = z.toJSONSchema(inputSchema(given), { io: 'input' });
    expect(shown).toMatchObject({ properties: given.properties, $defs: given.$defs });
    const tool = mcpTool({
      name: 'here__tool',
      description: 'Works.',
      input: inputSchema(given),
      progress: true,
      server: 'here',
      upstream: 'tool',
      schema: given,
      repeatable: false,
      failsWithWorker: false,
      program: keptProgram({ argv: ['true'], variables: () => ({}) }),
    });
    const [declared] = declareTools([tool]);
    expect(declared!.parameters).toMatchObject({
      type: 'object',
      properties: { ...given.properties, report: { type: 'string' } },
      required: ['name'],
    });
  });
});

test.each([
  ['no schema', undefined, 'not an object'],
  ['a list', { type: 'array' }, 'not an object'],
  ['an invalid schema', { type: 'object', properties: { a: { type: 'nonsense' } } }, 'invalid'],
  ['a schema nested too deeply', nested(60), 'deeper'],
  ['a huge schema', { type: 'object', description: 'x'.repeat(70_000) }, 'more than 64000 bytes'],
])('%s is refused', (_, given, why) => {
  expect(() => inputSchema(given)).toThrow(UnusableSchema);
  expect(() => inputSchema(given)).toThrow(why);
});
