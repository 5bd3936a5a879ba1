import { expect, test } from 'vitest';
import { begins, completes, installing, log, read, says } from '../test/kit/log-lines.ts';

const until = '2030-01-08T00:00:00.000Z';
const asked = installing.slice(0, 4);
const awaits = {
  kind: 'call.awaiting_approval',
  call_id: 'call_a',
  why: 'May it be installed?',
  expires_at: until,
};
const open = {
  call_id: 'call_a',
  tool: 'run_installer',
  status: 'awaiting_approval' as const,
  expires_at: until,
};
const nowOf = (messages: { text: string }[]) =>
  JSON.parse(/^<now>(.*)<\/now>$/.exec(messages.at(-1)!.text)![1]!);
const answerOf = (messages: { role: string; text: string }[]) =>
  JSON.parse(messages.find(({ role }) => role === 'tool')!.text);

test('a call that awaits approval says so in its tool message, with the question to the person', () => {
  const { messages } = read(log(...asked, awaits, begins('reply_2')), { calls: [open] });
  expect(answerOf(messages)).toEqual({
    status: 'awaiting_approval',
    note: 'It does not run before a person has agreed. What happens to it will follow as events.',
    why: 'May it be installed?',
  });
});

test('the moment shows the deadline and the question of the approval', () => {
  const { messages } = read(log(...asked, awaits, says('And now?')), { calls: [open] });
  expect(nowOf(messages).calls).toMatchObject([
    { status: 'awaiting_approval', expires_at: until, why: 'May it be installed?' },
  ]);
});

test('a denial is an event with its actor and reason', () => {
  const denied = {
    kind: 'call.denied',
    call_id: 'call_a',
    reason: 'Not <now>.',
    actor: { type: 'user', id: 'ann' },
  };
  const entries = log(
    ...asked,
    awaits,
    begins('reply_2'),
    completes('reply_2', 'It waits.'),
    denied,
    begins('reply_3'),
  );
  const { messages } = read(entries, { because: 'news', news: [8] });
  expect(messages.map(({ role }) => role)).toEqual([
    'user',
    'assistant',
    'tool',
    'assistant',
    'user',
    'user',
  ]);
  expect(messages.at(-2)!.text).toBe(
    '<event>{"call_id":"call_a","tool":"run_installer","status":"denied","note":"It was not run.","by":"ann","reason":"Not \\u003cnow>."}</event>',
  );
  expect(nowOf(messages).news).toMatchObject([{ status: 'denied', reason: 'Not <now>.' }]);
});

test('a call that was denied before the next reply has the denial in its tool message, and nowhere else', () => {
  const denied = {
    kind: 'call.denied',
    call_id: 'call_a',
    reason: 'Nobody decided in time.',
    actor: { type: 'system', id: 'conversation' },
  };
  const { messages } = read(log(...asked, awaits, denied, begins('reply_2')));
  expect(answerOf(messages)).toEqual({
    status: 'denied',
    note: 'It was not run.',
    reason: 'Nobody decided in time.',
  });
  expect(messages).toHaveLength(3);
});

test('an approved call is shown like any other', () => {
  const approved = { kind: 'call.approved', call_id: 'call_a' };
  const started = { kind: 'call.started', call_id: 'call_a' };
  const { messages } = read(log(...asked, awaits, approved, started, begins('reply_2')), {
    calls: [{ call_id: 'call_a', tool: 'run_installer', status: 'running' }],
  });
  expect(answerOf(messages)).toEqual({
    status: 'running',
    note: 'Its results will follow as events.',
  });
  expect(nowOf(messages).calls[0]).not.toHaveProperty('why');
});
