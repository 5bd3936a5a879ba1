import { expect, test } from 'vitest';
import { readArguments } from './arguments.ts';

const NAMES = ['installer', 'gui', 'alerts'];
const read = (line: string) => readArguments(line.split(' ').filter(Boolean), NAMES);
const defaults = { kind: 'play', stay: false, json: false, patience_ms: 60_000 };

test.each([
  ['', { ...defaults, name: 'installer' }],
  ['gui', { ...defaults, name: 'gui' }],
  ['gui --stay', { ...defaults, name: 'gui', stay: true }],
  ['alerts --json --patience 5', { ...defaults, name: 'alerts', json: true, patience_ms: 5_000 }],
  ['--help', { kind: 'help' }],
])('"%s"', (line, command) => {
  expect(read(line)).toEqual(command);
});

test.each([
  ['shop', 'There is no example "shop", only: installer, gui, alerts.'],
  ['gui alerts', 'Unexpected argument "alerts".'],
  ['gui --patience soon', '--patience must be a whole number of seconds, not "soon".'],
  ['installer --stay', '--stay and --json are for the other examples: gui, alerts.'],
  ['gui --speed', "Unknown option '--speed'"],
])('"%s" is refused with a reason', (line, message) => {
  expect(read(line)).toEqual({ kind: 'wrong', message: expect.stringContaining(message) });
});
