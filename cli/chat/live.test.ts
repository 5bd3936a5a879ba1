import { expect, test } from 'vitest';
import type { CallState } from '../../client/index.ts';
import { shownOf } from './input-line.ts';
import { barOf, lastLines } from './live.ts';

test('a long text shows its last lines, wrapped at words', () => {
  expect(lastLines('one two three four', 9, 2)).toBe('three \nfour');
  expect(lastLines('x'.repeat(25), 10, 2)).toBe(`${'x'.repeat(10)}\n${'x'.repeat(5)}`);
  const long = lastLines('word '.repeat(100_000), 80, 10);
  expect(long.split('\n')).toHaveLength(10);
});

const call: CallState = {
  ...{ id: 'call_a', seq: 3, tool: 'install', input: { package: 'alpha' }, status: 'running' },
  ...{ requested_at: '2030-01-01T00:00:00Z', started_at: '2030-01-01T00:00:00Z', results: [] },
};
const now = Date.parse('2030-01-01T00:01:10Z');

test('a bar shows the number, the name, the progress, the time and the note of a call', () => {
  const shown = { ...call, percent: 50, note: 'lib/a.js\u001b[2J\nok' };
  expect(barOf(shown, 1, now)).toBe(
    '1 install alpha  ██████████░░░░░░░░░░  50 %  1 min  lib/a.js ok',
  );
});

test('a queued call shows its place, and a suspended one the results it waits for', () => {
  const queued: CallState = { ...call, status: 'queued', position: 2, started_at: undefined };
  expect(barOf(queued, 4, now)).toBe('4 install alpha  queued, place 2');
  const suspended = { results: 1, of: 2 };
  expect(barOf({ ...call, suspended }, 1, now)).toContain('running  1 of 2 results');
});

test('a long input is shown only around the cursor', () => {
  const text = `${'a'.repeat(5_000)}|${'b'.repeat(5_000)}`;
  const line = { text: text.replace('|', ''), at: 5_000 };
  const { before, under, after } = shownOf(line, 400);
  expect(before).toBe(`…${'a'.repeat(400)}`);
  expect(under).toBe('b');
  expect(after).toBe(`${'b'.repeat(400)}…`);
});

test('a cursor at the end of a line is drawn on a blank', () => {
  expect(shownOf({ text: 'a\nb', at: 1 }, 400)).toEqual({ before: 'a', under: ' ', after: '\nb' });
  expect(shownOf({ text: '', at: 0 }, 400)).toEqual({ before: '', under: ' ', after: '' });
});
