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

test('a call that fits is taken as the model gave it, its report apart', async () => {
  const call = await parse('run_installer', '{"package":"alpha","report":"every 25 percent"}');
  expect(call).toEqual({
    tool: 'run_installer',
    input: { package: 'alpha' },
    report: 'every 25 percent',
  });
});

test.each(['null', '""'])('a report of %s is none', async (report) => {
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

test('next_event is the service’s alone, and a model that calls it is told so', async () => {
  const { problem } = await parse('next_event', '{}');
  expect(problem).toEqual({
    type: 'NotForTheModel',
    message:
      'next_event is called by the service only, as soon as something has happened. Do not call it; say nothing if there is nothing to say.',
  });
});

test('no arguments at all are an empty object', async () => {
  const ping = { ...install, name: 'ping', input: z.object({}) } as Tool;
  const call = await parseToolCall(new Map([['ping', ping]]), { name: 'ping', arguments: '' });
  expect(call).toEqual({ tool: 'ping', input: {} });
});

test('a tool that has no progress keeps a field named report', async () => {
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
