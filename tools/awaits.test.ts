import { expect, test } from 'vitest';
import { awaitsByTool } from './awaits.ts';

const prompt = { awaits: 'prompt' } as const;
const managed = { awaits: 'managed' } as const;

test.each([
  ['neither sets it', {}, {}, 'prompt'],
  ['only the agent does', managed, {}, 'managed'],
  ['only the tool does', {}, managed, 'managed'],
  ['both do: the tool wins', managed, prompt, 'prompt'],
  ['both do and differ the other way', prompt, managed, 'managed'],
] as const)('`awaits` is resolved when %s', (_, agent, tool, expected) => {
  expect(awaitsByTool(agent, [tool]).of(tool)).toBe(expected);
});

test.each([
  ['no tools', managed, [], 'managed'],
  ['tools that say nothing', {}, [{}, {}], 'prompt'],
  ['tools that all say the same', {}, [managed, managed], 'managed'],
  ['tools that say the same as the agent', managed, [{}, managed], 'managed'],
  ['tools that differ', {}, [{}, managed], 'mixed'],
] as const)(
  'an agent has one `awaits` for all its tools or "mixed": %s',
  (_, agent, tools, all) => {
    expect(awaitsByTool(agent, tools).all).toBe(all);
  },
);
