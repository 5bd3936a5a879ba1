import { expect, test } from 'vitest';
import { FRESH_MS, type NotedProgress, staleIn } from './active-state.ts';

const NOW = 10_000;
const noted = (percent: number, ago_ms: number): NotedProgress => ({
  call_id: 'a',
  percent,
  at: NOW - ago_ms,
});
const shows = (...calls: { call_id: string; percent?: number }[]) => [
  { role: 'user' as const, text: `<now>${JSON.stringify({ calls })}</now>` },
];
const long = FRESH_MS + 100;
const runs = [noted(0, 3 * long), noted(40, long), noted(42, 10)];

test.each([
  ['as it was a moment ago', shows({ call_id: 'a', percent: 40 }), runs],
  ['as it is', shows({ call_id: 'a', percent: 42 }), runs],
  ['at the step that it is just telling', shows({ call_id: 'a', percent: 43 }), runs],
  ['not yet, just begun', shows(), [noted(0, 10)]],
  ['still, just done', shows({ call_id: 'a', percent: 99 }), [noted(99, long), noted(100, 10)]],
  ['no longer, just done', shows(), [noted(99, long), noted(100, 10)]],
])('a call may be shown %s', (_, messages, notes) => {
  expect(staleIn(messages, NOW, notes)).toEqual([]);
});

test.each([
  ['missing', shows(), runs, /a is missing/],
  ['missing with the whole block', [{ role: 'user' as const, text: 'Hi' }], runs, /a is missing/],
  ['behind', shows({ call_id: 'a', percent: 39 }), runs, /at 39 %, and was at 40/],
  ['ahead of itself', shows({ call_id: 'a', percent: 50 }), runs, /at 50 %, and is at 42/],
  ['shown though it is long over', shows({ call_id: 'a' }), [noted(100, long)], /a is over/],
])('a call that is %s is found', (_, messages, notes, problem) => {
  expect(staleIn(messages, NOW, notes)).toEqual([expect.stringMatching(problem)]);
});
