import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { checkAgent, checkTool } from './check.ts';
import { defineCommandTool } from './command.ts';
import { defineTool } from './define.ts';
import { defineRemoteTool } from './remote.ts';

const good = defineTool({
  name: 'good',
  description: 'Does good.',
  input: z.object({ a: z.string().default('x') }),
  run: async () => 1,
});
const yields = { async *run() {} };

test.each([
  ['the least there is', {}],
  [
    'everything',
    {
      results: { min: 0, max: 'many' },
      progress: true,
      report: 'every minute',
      timeout_ms: 1,
      restart: 'fail',
      approval: { question: 'May it?', timeout_ms: 1 },
      duplicates: 'confirm',
      awaits: 'managed',
    },
  ],
  ['that it needs a yes', { approval: true }],
  ['a generator', yields],
  ['a field named report, where the model sets none', { input: z.object({ report: z.string() }) }],
  ['any keys', { input: z.record(z.string(), z.number()) }],
])('a tool may declare %s', (_, more) => {
  expect(checkTool({ ...good, ...more })).toEqual([]);
});

describe('a tool is refused for', () => {
  test.each([
    [
      'a name with a space',
      { name: 'a b' },
      /^name: must be a letter, then letters, digits, _ or -/,
    ],
    ['a name that begins with a digit', { name: '1a' }, /^name: must be a letter/],
    ['a name of 65 characters', { name: 'a'.repeat(65) }, /^name: must be a letter/],
    ['a missing name', { name: undefined }, /^name: must be a letter/],
    [
      'the name of the tool that cancels',
      { name: 'cancel_call' },
      /^name: cancel_call and next_event are the service's own/,
    ],
    [
      'the name under which events are reported',
      { name: 'next_event' },
      /next_event are the service's/,
    ],
    ['an approval that is neither', { approval: false }, /^approval: must be true, or/],
    [
      'an approval with a misspelt field',
      { approval: { timeout: 5 } },
      /^approval: Unrecognized key: "timeout"/,
    ],
    ['an unknown way to await', { awaits: 'both' }, /^awaits: must be 'prompt' or 'managed'\.$/],
    ['an unknown word on duplicates', { duplicates: 'forbid' }, /^duplicates: .*"reject"/],
    ['an empty description', { description: ' ' }, /^description: must say what/],
    [
      'a description too long for providers',
      { description: 'x'.repeat(901) },
      /^description: .*900/,
    ],
    ['no schema', { input: { a: 'string' } }, /^input: must be a schema such as z\.object/],
    [
      'a schema that is not an object',
      { input: z.string() },
      /^input: must be an object .* it is string/,
    ],
    [
      'a union',
      { input: z.union([z.object({}), z.string()]) },
      /^input: must be an object .* a union/,
    ],
    [
      'a schema that has no JSON Schema',
      { input: z.object({ at: z.date() }) },
      /^input: cannot be shown to a model: /,
    ],
    [
      'a field named report',
      { ...yields, input: z.object({ report: z.string() }) },
      /^input: report is the field in which/,
    ],
    ['min above max', { results: { min: 3, max: 2 } }, /^results: min must not be above max/],
    ['a negative min', { results: { min: -1, max: 2 } }, /^results\.min: /],
    [
      'a max that is not a number',
      { results: { min: 1, max: 'lots' } },
      /^results\.max: must be a number from 1 on, or 'many'/,
    ],
    ['an unknown report', { report: 'often' }, /^report: must be like "every 25 percent"/],
    ['a timeout too long for a timer', { timeout_ms: 2 ** 31 }, /^timeout_ms: /],
    ['an unknown restart', { restart: 'never' }, /^restart: .*"resume".*"fail"/],
    ['no run', { run: 1 }, /^run: must be an async function/],
    [
      'a generator that is not async',
      { *run() {} },
      /^run: must be an async function or an async gen/,
    ],
    ['a misspelt field', { timeout: 5 }, /^Unrecognized key: "timeout"/],
  ])('%s', (_, more, problem) => {
    expect(checkTool({ ...good, ...more })).toEqual([expect.stringMatching(problem)]);
  });

  test.each([undefined, null, 1, 'tool', []])('being %j', (value) => {
    expect(checkTool(value)).toHaveLength(1);
  });
});

describe('an agent', () => {
  const least = { name: 'a', instructions: 'Help.' };

  test.each([
    ['the least there is', {}],
    ['all tools', { tools: 'all' }],
    ['some tools', { tools: ['one'] }],
    ['no tools', { tools: [] }],
    ['how results are awaited', { awaits: 'managed' }],
    ['limits of its own', { limits: { quiet_ms: 0, max_running: 1 } }],
    ['a profile', { profile: 'tool_result' }],
  ])('may declare %s', (_, more) => {
    expect(checkAgent({ ...least, ...more }, ['one'])).toEqual([]);
  });

  test.each([
    ['unknown tools', { tools: ['one', 'two'] }, /^tools: there is no tool "two"; there are one\./],
    ['tools that are not a list', { tools: 'one' }, /^tools: must be a list of names, or 'all'/],
    ['no instructions', { instructions: '' }, /^instructions: must say what the agent is for/],
    ['an unknown way to await', { awaits: true }, /^awaits: must be 'prompt' or 'managed'\.$/],
    [
      'an unknown profile',
      { profile: 'mistral' },
      /^profile: must be one of openai, compatible, alternating, tool_result, async_tools\.$/,
    ],
    ['a limit of zero calls', { limits: { max_running: 0 } }, /^limits\.max_running: /],
    ['an unknown limit', { limits: { max: 1 } }, /^limits: Unrecognized key: "max"/],
    ['a bad name', { name: '-' }, /^name: must be a letter/],
  ])('is refused for %s', (_, more, problem) => {
    expect(checkAgent({ ...least, ...more }, ['one'])).toEqual([expect.stringMatching(problem)]);
  });
});

describe('a remote tool', () => {
  const secret = `whsec_${Buffer.alloc(32).toString('base64')}`;
  const remote = defineRemoteTool({
    name: 'remote',
    description: 'Is elsewhere.',
    input: z.object({}),
    url: 'https://tools.example.com/hook',
    secret,
    silence_ms: 1_000,
    awaits: 'managed',
  });

  test('is checked like other tools, and may have a private address only if the setting allows it', () => {
    expect(checkTool(remote)).toEqual([]);
    const local = { ...remote, remote: { url: 'http://127.0.0.1:4000/', secret } };
    expect(checkTool(local, { allowPrivateUrls: true })).toEqual([]);
    expect(checkTool(local)).toEqual([
      'remote.url: must not be on a private, local or reserved address, as 127.0.0.1 is, unless MEANWHILE_ALLOW_PRIVATE_URLS is true.',
    ]);
  });

  test.each<[string, object, RegExp]>([
    ['a name with a space', { name: 'a b' }, /^name: must be a letter/],
    ['a function to run', { run: async () => 1 }, /run/],
    ['a restart policy, which only local tools have', { restart: 'fail' }, /restart/],
    ['no URL', { remote: { secret } }, /^remote\.url: /],
    ['another protocol', { remote: { url: 'ftp://a.example', secret } }, /^remote\.url: must be/],
    ['no secret', { remote: { url: 'https://a.example' } }, /^remote\.secret: /],
    [
      'a guessable secret',
      { remote: { url: 'https://a.example', secret: 'hunter2' } },
      /^remote\.secret: must be whsec_ and the base64 of 24 to 64 random bytes\.$/,
    ],
    [
      'a silence timeout of zero',
      { remote: { ...remote.remote, silence_ms: 0 } },
      /^remote\.silence_ms/,
    ],
  ])('is refused for %s', (_, more, problem) => {
    expect(checkTool({ ...remote, ...more })).toEqual([expect.stringMatching(problem)]);
  });

  test('is refused without showing its secret', () => {
    const wrong = { ...remote, remote: { url: 'nowhere', secret: 'hunter2' } };
    expect(checkTool(wrong).join(' ')).not.toContain('hunter2');
  });
});

test('only command tools may set `reattach`', () => {
  const tool = { name: 'walk', description: 'Walks.', input: z.object({}), run: async () => 1 };
  expect(checkTool({ ...tool, restart: 'reattach' }, { allowPrivateUrls: false })).toEqual([
    expect.stringMatching(/^restart: reattach is for command tools/),
  ]);
  const command = defineCommandTool({
    name: 'walk',
    description: 'Walks.',
    input: z.object({}),
    command: ['/bin/true'],
  });
  expect(command.restart).toBe('reattach');
  expect(checkTool(command, { allowPrivateUrls: false })).toEqual([]);
});

test('command tools and remote tools may set `awaits` like other tools', () => {
  const tool = { name: 'walk', description: 'Walks.', input: z.object({}) };
  const command = defineCommandTool({ ...tool, command: ['/bin/true'], awaits: 'managed' });
  const secret = `whsec_${Buffer.alloc(32).toString('base64')}`;
  const remote = defineRemoteTool({ ...tool, url: 'https://a.example', secret, awaits: 'managed' });
  expect([command.awaits, remote.awaits]).toEqual(['managed', 'managed']);
  expect([...checkTool(command), ...checkTool(remote)]).toEqual([]);
});
