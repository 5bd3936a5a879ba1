import { expect, test } from 'vitest';
import type { CallState } from '../../client/index.ts';
import { findCall, HELP, readLine } from './commands.ts';

test.each([
  ['install alpha', { kind: 'say', text: 'install alpha' }],
  ['  ', { kind: 'nothing' }],
  ['//etc/hosts is empty', { kind: 'say', text: '/etc/hosts is empty' }],
  ['/queue and then?', { kind: 'say', text: 'and then?', queue: true }],
  ['/calls', { kind: 'calls' }],
  ['/calls 2', { kind: 'calls', call: '2' }],
  ['/cancel call_a', { kind: 'cancel', call: 'call_a' }],
  ['/approve', { kind: 'approve' }],
  ['/deny 1 It is too much.', { kind: 'deny', call: '1', reason: 'It is too much.' }],
  ['/deny', { kind: 'deny' }],
  ['/why', { kind: 'why' }],
  ['/quit', { kind: 'quit' }],
])('%s', (line, command) => {
  expect(readLine(line)).toEqual(command);
});

test.each([
  ['/frobnicate', /no command \/frobnicate/],
  ['/', /no command/],
  ['/why not', /takes no argument/],
  ['/cancel 1 2', /one call at most/],
  ['/queue', /needs the text/],
])('"%s" is refused with a reason', (line, message) => {
  expect(readLine(line)).toMatchObject({ kind: 'wrong', message: expect.stringMatching(message) });
});

test('the help lists every command', () => {
  for (const name of 'calls cancel approve deny stop queue why open close quit'.split(' ')) {
    expect(HELP).toContain(`/${name}`);
    expect(readLine(`/${name} x`)).not.toMatchObject({
      message: expect.stringMatching(/no command/),
    });
  }
});

const call = (id: string, tool: string) => ({ id, tool }) as CallState;
const calls = [call('call_a', 'pays'), call('call_b', 'installs'), call('call_c', 'pays')];

test('a call is found by its number among all, its id, its tool, or because it is the only one', () => {
  expect(findCall('3', calls, calls)).toBe(calls[2]);
  expect(findCall('call_b', calls, calls)).toBe(calls[1]);
  expect(findCall('installs', calls, calls)).toBe(calls[1]);
  expect(findCall(undefined, [calls[1]!], calls)).toBe(calls[1]);
});

test('a number means the same call whatever else has ended', () => {
  expect(findCall('3', [calls[2]!], calls)).toBe(calls[2]);
  expect(findCall('1', [calls[2]!], calls)).toMatch(/no call "1"/);
});

test('several that could be meant are listed, and none is taken', () => {
  expect(findCall('pays', calls, calls)).toBe('Which one? 1 pays, 2 installs, 3 pays');
  expect(findCall(undefined, [], calls)).toBe('There is no such call now.');
});
