import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineTool, type Tool } from '../tools/define.ts';
import { parseToolCall } from './tool-call.ts';

const install = defineTool({
  name: 'run_installer',
  description: 'Installs.',
  input: z.object({ package: z.string(), tries: z.number().default(1) }),
  progress: true,
  run: async () => 'done',
});
const tools = new Map<string, Tool>([[install.name, install]]);
const parse = (name: string, text: string) => parseToolCall(tools, { name, arguments: text });

test('a valid call keeps the input of the model, and its report is separate', async () => {
  const call = await parse('run_installer', '{"package":"alpha","report":"every 25 percent"}');
  expect(call).toEqual({
    tool: 'run_installer',
    input: { package: 'alpha' },
    report: 'every 25 percent',
  });
});

test.each(['null', '""'])('a report of %s counts as no report', async (report) => {
  const call = await parse('run_installer', `{"package":"alpha","report":${report}}`);
  expect(call).toEqual({ tool: 'run_installer', input: { package: 'alpha' } });
});

test('cancel_call is known without being in the catalogue', async () => {
  expect(await parse('cancel_call', '{"call_id":"call_a"}')).toEqual({
    tool: 'cancel_call',
    input: { call_id: 'call_a' },
  });
  expect((await parse('cancel_call', '{}')).problem).toMatchObject({ type: 'InvalidInput' });
});

test('only the service may call next_event, and a model that calls it is told so', async () => {
  const { problem } = await parse('next_event', '{}');
  expect(problem).toEqual({
    type: 'NotForTheModel',
    message:
      'next_event is called by the service only, as soon as something has happened. Do not call it; say nothing if there is nothing to say.',
  });
});

test('empty arguments are an empty object', async () => {
  const ping = { ...install, name: 'ping', input: z.object({}) } as Tool;
  const call = await parseToolCall(new Map([['ping', ping]]), { name: 'ping', arguments: '' });
  expect(call).toEqual({ tool: 'ping', input: {} });
});

test('a tool without progress keeps a field named report', async () => {
  const file = {
    ...install,
    name: 'file',
    progress: false,
    input: z.object({ report: z.string() }),
  } as Tool;
  const call = await parseToolCall(new Map([['file', file]]), {
    name: 'file',
    arguments: '{"report":"Q3"}',
  });
  expect(call).toEqual({ tool: 'file', input: { report: 'Q3' } });
});

const open = {
  ...install,
  name: 'open',
  progress: false,
  input: z.object({ a: z.unknown() }),
} as Tool;
const parseOpen = (text: string) =>
  parseToolCall(new Map([['open', open]]), { name: 'open', arguments: text });
const nested = (depth: number) => `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`;

test('arguments may be as deeply nested as any other value', async () => {
  expect(await parseOpen(nested(99))).toEqual({ tool: 'open', input: JSON.parse(nested(99)) });
});

test.each([
  [nested(100), 'do not fit: what they hold is nested deeper than 100 levels.'],
  [nested(5_000), 'do not fit: what they hold is nested deeper than 100 levels.'],
  [nested(100_000), 'do not fit: what they hold is nested deeper than 100 levels.'],
  ['{"a":[1e400]}', 'contains a number that is too large'],
  [`{"a":"${'x'.repeat(256_000)}"}`, 'are longer than 256000 bytes.'],
])('refused arguments are kept as a bounded text: %#', async (text, message) => {
  const { input, problem } = await parseOpen(text);
  expect(problem?.type).toBe('InvalidInput');
  expect(problem?.message).toContain(message);
  expect(input).toBe(text.slice(0, 8_000));
});

test('NUL and lone surrogates become U+FFFD, and every key is data', async () => {
  const { input } = await parseOpen(
    String.raw`{"a":{"__proto__":{"b":"\u0000\ud83d"},"constructor":1}}`,
  );
  expect(JSON.stringify(input)).toBe('{"a":{"__proto__":{"b":"\uFFFD\uFFFD"},"constructor":1}}');
  const { tool } = await parse('\0\ud83d', '{}');
  expect(tool).toBe('\uFFFD\uFFFD');
});

test('a problem is described briefly, even if thousands of elements are wrong', async () => {
  const list = { ...open, input: z.object({ a: z.array(z.string()) }) } as Tool;
  const text = JSON.stringify({ a: Array.from({ length: 10_000 }, () => 1) });
  const asked = { name: 'open', arguments: text };
  const { problem } = await parseToolCall(new Map([['open', list]]), asked);
  expect(problem!.message.length).toBeLessThan(3_000);
});

test.each([
  [
    'install',
    '{"package":"alpha"}',
    'UnknownTool',
    'There is no tool named install. The tools are: run_installer, cancel_call.',
  ],
  ['run_installer', '{"package":', 'InvalidInput', 'are not valid JSON'],
  ['run_installer', '{"tries":"two"}', 'InvalidInput', /package: .*string.*; tries: .*number/],
  ['run_installer', '[1]', 'InvalidInput', /arguments: .*object/],
  ['run_installer', '{"package":"a","report":"now and then"}', 'InvalidInput', 'report: must be'],
  ['run_installer', '{"package":"a","report":7}', 'InvalidInput', 'report: must be'],
  ['__proto__', '{}', 'UnknownTool', 'There is no tool named __proto__.'],
])('%s with %s is %s', async (name, text, type, message) => {
  const { problem, input } = await parse(name, text);
  expect(problem?.type).toBe(type);
  expect(problem?.message).toMatch(message);
  expect(input).toEqual(text.endsWith(':') ? text : JSON.parse(text));
});

test('arguments of null, and arguments that are encoded twice, are understood', async () => {
  const look = defineTool({
    name: 'look',
    description: 'Looks.',
    input: z.object({}),
    run: async () => 'seen',
  });
  const none = await parseToolCall(new Map([['look', look]]), { name: 'look', arguments: 'null' });
  expect(none).toEqual({ tool: 'look', input: {} });
  expect(await parse('run_installer', JSON.stringify('{"package":"alpha"}'))).toEqual({
    tool: 'run_installer',
    input: { package: 'alpha' },
  });
});
