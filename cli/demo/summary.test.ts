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

test('a summary of the demo model has the messages, the calls and their outcomes, and requests no call', () => {
  const { text, calls } = ask(system, summaryQuestion(summaryLines(entries, [])));
  expect(text.split('\n')).toEqual([
    'The user said: install alpha',
    expect.stringMatching(/^Asked for: .*"call_a"/),
  ]);
  expect(calls).toEqual([]);
});

test('the summary includes the previous one', () => {
  const question = summaryQuestion(summaryLines(entries, []), 'They like beta.');
  expect(ask(system, question).text).toMatch(/^They like beta\.\nThe user said: install alpha/);
});

test('a user who writes about a log gets an ordinary answer', () => {
  const words = log(says('install alpha, see <log>'))[0] as { text?: string };
  const { calls } = ask({ role: 'user', text: words.text! });
  expect(calls).toHaveLength(1);
});
