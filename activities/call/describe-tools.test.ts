import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineTool, type Tool } from '../../tools/define.ts';
import { defineRemoteTool } from '../../tools/remote.ts';
import { createDescribeTools } from './describe-tools.ts';

const plain = defineTool({
  name: 'plain',
  description: 'Plain.',
  input: z.object({}),
  run: async () => 1,
});
const elsewhere = defineRemoteTool({
  name: 'elsewhere',
  description: 'Elsewhere.',
  input: z.object({}),
  url: 'https://tools.example.com/',
  secret: 'whsec_',
});
const describeTool = createDescribeTools({
  settings: {},
  catalogue: {
    tools: new Map<string, Tool>([
      ['elsewhere', elsewhere],
      ['plain', plain],
      ['own', { ...plain, timeout_ms: 5, restart: 'fail' as const }],
    ]),
    agents: new Map(),
  },
});

test('a tool without settings may run for an hour and is resumed', async () => {
  expect(await describeTool('plain')).toEqual({
    kind: 'local',
    timeout_ms: 3_600_000,
    restart: 'resume',
  });
});

test('a tool’s own settings take precedence', async () => {
  expect(await describeTool('own')).toEqual({ kind: 'local', timeout_ms: 5, restart: 'fail' });
});

test('the limits of running calls are passed to the call workflow', async () => {
  const limited = new Map([
    ['plain', plain],
    ['limited', { ...plain, max_running: 2 }],
  ]);
  const catalogue = { tools: limited, agents: new Map() };
  const own = createDescribeTools({ catalogue, settings: {} });
  expect(await own('plain')).not.toHaveProperty('slots');
  expect(await own('limited')).toMatchObject({ slots: { tool: 2 } });
  const both = createDescribeTools({
    catalogue,
    settings: { MEANWHILE_MAX_RUNNING_PER_TENANT: 9 },
  });
  expect(await both('plain')).toMatchObject({ slots: { tenant: 9 } });
  expect(await both('limited')).toMatchObject({ slots: { tool: 2, tenant: 9 } });
});

test('a remote tool without settings may be silent for five minutes and run for an hour', async () => {
  expect(await describeTool('elsewhere')).toEqual({
    kind: 'remote',
    timeout_ms: 3_600_000,
    silence_ms: 300_000,
    results: { min: 1, max: 1 },
  });
});

test('an unknown tool is a final failure', async () => {
  await expect(describeTool('nothing')).rejects.toMatchObject({
    type: 'UnknownTool',
    nonRetryable: true,
  });
});
