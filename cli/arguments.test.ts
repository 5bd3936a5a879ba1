import { expect, test } from 'vitest';
import { readArguments } from './arguments.ts';

test.each([
  ['start', { kind: 'start' }],
  ['demo', { kind: 'demo' }],
  ['doctor', { kind: 'doctor' }],
  ['api', { kind: 'api' }],
  ['worker', { kind: 'worker' }],
  ['mcp', { kind: 'mcp' }],
  ['mcp tools', { kind: 'mcp', serves: 'tools' }],
  [
    'mcp tools --url http://localhost:1',
    { kind: 'mcp', serves: 'tools', url: 'http://localhost:1' },
  ],
  ['mcp --url https://agents.example/mcp', { kind: 'mcp', url: 'https://agents.example/mcp' }],
  ['explain conv_1', { kind: 'explain', id: 'conv_1' }],
  ['--help', { kind: 'help' }],
  ['-h', { kind: 'help' }],
  ['start --help', { kind: 'help' }],
  ['api --help', { kind: 'help', of: 'api' }],
  ['worker -h', { kind: 'help', of: 'worker' }],
  ['--version', { kind: 'version' }],
])('%s', (line, command) => {
  expect(readArguments(line.split(' '))).toEqual(command);
});

test.each([
  ['', 'Missing command.'],
  ['mcp --url localhost:3000', '--url must begin with http:// or https://, not "localhost:3000".'],
  ['mcp here', 'Unexpected argument "here".'],
  ['start --url http://localhost', 'Unexpected option --url.'],
  ['explain', 'Missing conversation id.'],
  ['explain conv_1 conv_2', 'Unexpected argument "conv_2".'],
  ['strat', 'Unknown command "strat".'],
  ['start now please', 'Unexpected argument "now please".'],
  ['start --port=1', "Unknown option '--port'"],
  ['--help=yes', "Option '-h, --help' does not take an argument"],
])('"%s" is refused with a reason', (line, message) => {
  expect(readArguments(line.split(' ').filter(Boolean))).toEqual({
    kind: 'wrong',
    message: expect.stringContaining(message) as string,
  });
});
