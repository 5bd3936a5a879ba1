import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineTool, type Tool } from '../tools/define.ts';
import { declareTools } from './tools-schema.ts';

const look = defineTool({
  name: 'look',
  description: 'Looks.',
  input: z.object({ where: z.string().describe('A path.'), deep: z.boolean().default(false) }),
  run: async () => 'seen',
});

const declared = (tool: Partial<Tool>) => declareTools([{ ...look, ...tool } as Tool])[0]!;

test('a tool is declared with its input schema, where a default makes a field optional', () => {
  expect(declared({})).toEqual({
    name: 'look',
    description: 'Looks. Returns 1 result.',
    parameters: {
      type: 'object',
      properties: {
        where: { type: 'string', description: 'A path.' },
        deep: { type: 'boolean', default: false },
      },
      required: ['where'],
    },
  });
});

test.each([
  [{ min: 1, max: 1 }, 'Returns 1 result.'],
  [{ min: 2, max: 2 }, 'Returns 2 asynchronous results; wait for both.'],
  [{ min: 3, max: 3 }, 'Returns 3 asynchronous results; wait for all of them.'],
  [{ min: 1, max: 4 }, 'Returns between 1 and 4 asynchronous results.'],
  [{ min: 1, max: 'many' as const }, 'Returns between 1 and many asynchronous results.'],
  [{ min: 0, max: 0 }, 'Returns no result.'],
])('R8: the description of a tool with results %j ends with "%s"', (results, sentence) => {
  expect(declared({ results }).description).toBe(`Looks. ${sentence}`);
});

test.each([
  [{ approval: true as const }, 'A person has to agree first.'],
  [{ duplicates: 'reject' as const }, 'The same call twice at once is refused.'],
  [{ duplicates: 'replace' as const }, 'The same call again replaces it.'],
  [{ duplicates: 'confirm' as const }, 'The same call twice needs a yes.'],
])('the model is told of %j by "%s"', (more, sentence) => {
  expect(declared(more).description).toBe(`Looks. Returns 1 result. ${sentence}`);
});

test('the longest description of a tool stays within what providers accept', () => {
  const longest = { approval: true, duplicates: 'reject' } as const;
  const results = { min: 1, max: 'many' as const };
  const description = 'x'.repeat(900);
  expect(declared({ ...longest, results, description }).description.length).toBeLessThan(1_024);
});

async function* yields() {
  yield { type: 'result' as const, data: 1 };
}

test('R7: a tool with progress takes a report, explained with its own default', () => {
  const { properties, required } = declared({ progress: true, report: 'every minute' })
    .parameters as any;
  expect(properties.report.type).toBe('string');
  expect(properties.report.description).toContain('Default: "every minute".');
  expect(required).toEqual(['where']);
});

test('R7: a tool that yields takes a report unless it says that it has no progress', () => {
  const hasReport = (tool: Partial<Tool>) =>
    'report' in (declared(tool).parameters.properties as object);
  expect(hasReport({ run: yields })).toBe(true);
  expect(hasReport({ run: yields, progress: false })).toBe(false);
  expect(hasReport({})).toBe(false);
});

test('an input field named report is the tool’s own', () => {
  const input = z.object({ report: z.number() });
  expect(declared({ input, progress: true }).parameters.properties).toEqual({
    report: { type: 'number' },
  });
});

test('cancel_call comes after the tools', () => {
  expect(declareTools([]).map(({ name }) => name)).toEqual(['cancel_call']);
  expect(declareTools([look]).map(({ name }) => name)).toEqual(['look', 'cancel_call']);
});

test('a tool whose input is not an object is refused by name', () => {
  expect(() => declared({ input: z.string() })).toThrow(
    'The input of the tool look must be an object.',
  );
});
