import { expect, test } from 'vitest';
import { z } from 'zod';
import { loadCatalogue } from './load.ts';
import { toolNames } from './catalogue.ts';
import { defineTool } from './define.ts';

const look = defineTool({
  name: 'look',
  description: 'Looks.',
  input: z.object({}),
  run: async () => 1,
});
const { tools } = await loadCatalogue();
const catalogue = { tools: new Map([...tools, ['look', look]]), agents: new Map() };
const names = (own?: string[] | 'all') =>
  toolNames({ name: 'a', instructions: 'Look.', tools: own }, catalogue);

test('an agent that names no tools has all tools', () => {
  expect(names()).toEqual(['clock', 'read_result', 'look']);
  expect(names('all')).toEqual(names());
});

test('an agent with its own list of tools can read their large results, and its tools keep their order', () => {
  expect(names(['look', 'clock'])).toEqual(['look', 'clock', 'read_result']);
  expect(names(['read_result', 'look'])).toEqual(['read_result', 'look']);
});

test('an agent without tools cannot read large results', () => {
  expect(names([])).toEqual([]);
});
