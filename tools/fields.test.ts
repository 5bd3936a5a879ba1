/** Each field of a definition takes effect for each kind of tool: none is dropped and none is ignored. */
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { checkTool } from './check.ts';
import { defineCommandTool } from './command.ts';
import type { ToolBase } from './base.ts';
import { defineTool, type Tool } from './define.ts';
import { mcpTool } from './mcp.ts';
import { keptProgram } from './mcp-program.ts';
import { defineRemoteTool } from './remote.ts';

const least = { name: 'least', description: 'Does little.', input: z.object({}) };

/** Every way to declare a tool. */
const kinds: Record<string, (fields: object) => Tool> = {
  defineTool: (fields) => defineTool({ ...least, run: async () => 1, ...fields }),
  defineCommandTool: (fields) => defineCommandTool({ ...least, command: ['true'], ...fields }),
  defineRemoteTool: (fields) =>
    defineRemoteTool({
      ...least,
      url: 'https://tools.example.com/hook',
      secret: `whsec_${'A'.repeat(32)}`,
      ...fields,
    }),
};

/** A value that is not the default of any kind, and where it takes effect. */
const fields = {
  name: ['other', 'the name that the model calls'],
  description: ['Does more.', 'what the model reads'],
  input: [z.object({ a: z.string() }), 'what is checked before a call runs'],
  results: [{ min: 2, max: 3 }, 'how many results the model is told to expect'],
  awaits: ['managed', 'who waits for the results'],
  progress: [true, 'whether the model may say when it wants to hear of progress'],
  report: ['every minute', 'when the model hears of progress that it did not ask for'],
  timeout_ms: [1_234, 'when the call is ended'],
  approval: [{ question: 'May it?', timeout_ms: 5 }, 'who is asked before a call runs'],
  duplicates: ['confirm', 'how a second identical call is handled'],
  max_running: [2, 'how many of its calls run at once'],
} satisfies Record<keyof ToolBase, [value: unknown, effect: string]>;

/** A command tool's `progress` is a function that parses a line. */
const OF_COMMANDS: Record<string, unknown> = { progress: () => ({ percent: 1 }) };

describe.each(Object.entries(kinds))('%s', (kind, define) => {
  test.each(Object.entries(fields))('keeps %s', (field, [value]) => {
    const given = kind === 'defineCommandTool' ? (OF_COMMANDS[field] ?? value) : value;
    const tool = define({ [field]: given });
    expect(tool[field as keyof ToolBase]).toEqual(value);
    expect(checkTool(tool)).toEqual([]);
  });

  test.each(['approvel', 'max_runing', 'progess', '__proto'])(
    'refuses the unknown field %s',
    (field) => {
      expect(checkTool(define({ [field]: true }))).toEqual([
        expect.stringMatching(`Unrecognized key: "${field}"`),
      ]);
    },
  );
});

test.each(Object.entries(fields))('a tool of an MCP server keeps %s', (field, [value]) => {
  const tool = mcpTool({
    ...least,
    server: 'server',
    upstream: 'least',
    schema: {},
    repeatable: false,
    failsWithWorker: false,
    program: keptProgram({ argv: ['true'], variables: () => ({}) }),
    [field]: value,
  });
  expect(tool[field as keyof ToolBase]).toEqual(value);
});

test.each([
  ['restart', 'fail', ['defineTool', 'defineCommandTool']],
  ['restart', 'reattach', ['defineCommandTool']],
  ['silence_ms', 5, ['defineRemoteTool']],
])('%s %j is accepted only by %j', (field, value, allowed) => {
  const takes = Object.entries(kinds).filter(
    ([, define]) => checkTool(define({ [field]: value })).length === 0,
  );
  expect(takes.map(([kind]) => kind)).toEqual(allowed);
});

test.each([
  [{ env: 'HOME' }, /^env: /],
  [{ allow_dash: 'a' }, /^allow_dash: /],
  [{ grace_ms: -1 }, /^grace_ms: /],
  [{ progress: true }, /^progress: must be a function that takes a line/],
  [{ result: 'all' }, /^result: must be a function/],
  [{ input: z.string() }, /^input: must be z\.object/],
])('a command tool refuses %j', (given, message) => {
  expect(() => kinds['defineCommandTool']!(given)).toThrow(message);
});
