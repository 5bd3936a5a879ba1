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

test('an agent that names no tools has all there are', () => {
  expect(names()).toEqual(['clock', 'read_result', 'look']);
  expect(names('all')).toEqual(names());
});

test('an agent with tools of its own can read their large results, and its tools keep their places', () => {
  expect(names(['look', 'clock'])).toEqual(['look', 'clock', 'read_result']);
  expect(names(['read_result', 'look'])).toEqual(['read_result', 'look']);
});

test('an agent without tools gets no large results, and reads none', () => {
  expect(names([])).toEqual([]);
});
