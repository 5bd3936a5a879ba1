import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineTool } from '../tools/define.ts';
import { createDescribeTools } from './describe-tools.ts';

const plain = defineTool({
  name: 'plain',
  description: 'Plain.',
  input: z.object({}),
  run: async () => 1,
});
const describeTool = createDescribeTools({
  catalogue: {
    tools: new Map([
      ['plain', plain],
      ['own', { ...plain, timeout_ms: 5, restart: 'fail' as const }],
    ]),
    agents: new Map(),
  },
});

test('a tool that says nothing may run for an hour and is resumed', async () => {
  expect(await describeTool('plain')).toEqual({
    kind: 'local',
    timeout_ms: 3_600_000,
    restart: 'resume',
  });
});

test('what it says counts', async () => {
  expect(await describeTool('own')).toEqual({ kind: 'local', timeout_ms: 5, restart: 'fail' });
});

test('an unknown tool is not asked for again', async () => {
  await expect(describeTool('nothing')).rejects.toMatchObject({
    type: 'UnknownTool',
    nonRetryable: true,
  });
});
