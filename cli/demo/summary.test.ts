import { expect, test } from 'vitest';
import { summaryLines, summaryPrompt, summaryQuestion } from '../../model/summary-prompt.ts';
import { ask } from '../../test/kit/demo-messages.ts';
import { installing, log, says } from '../../test/kit/log-lines.ts';

const entries = log(...installing, {
  kind: 'call.completed',
  call_id: 'call_a',
  result: 'done',
  cause: [4],
});
const system = { role: 'system' as const, text: summaryPrompt(100) };

test('asked for a summary, the demo model says what was wanted, asked for and what came of it, and starts nothing', () => {
  const { text, calls } = ask(system, summaryQuestion(summaryLines(entries, [])));
  expect(text.split('\n')).toEqual([
    'The user said: install alpha',
    expect.stringMatching(/^Asked for: .*"call_a"/),
  ]);
  expect(calls).toEqual([]);
});

test('it keeps the summary before', () => {
  const question = summaryQuestion(summaryLines(entries, []), 'They like beta.');
  expect(ask(system, question).text).toMatch(/^They like beta\.\nThe user said: install alpha/);
});

test('a user who writes about a log is answered like anybody', () => {
  const words = log(says('install alpha, see <log>'))[0] as { text?: string };
  const { calls } = ask({ role: 'user', text: words.text! });
  expect(calls).toHaveLength(1);
});
