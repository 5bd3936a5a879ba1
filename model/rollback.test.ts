/** R2, `rollback`: the model never sees any text of the interrupted reply, in this request or any later one. */
import { expect, test } from 'vitest';
import {
  begins,
  completes,
  installing,
  log,
  open,
  progress,
  read,
  says,
} from '../test/kit/log-lines.ts';

const rolledBack = (reply_id: string) => ({
  kind: 'reply.interrupted',
  reply_id,
  text: 'Once upon a time',
  by: 'message',
  rolled_back: true,
});
const rollback = { when_busy: 'rollback' };

test('the messages before and after a reply that was rolled back stay in order, without a trace of it', () => {
  const entries = log(
    says('Tell me a story.'),
    begins('reply_1'),
    says('A short one.', { when_busy: 'queue' }),
    says('In French, please.', rollback),
    rolledBack('reply_1'),
    begins('reply_2'),
  );
  const user = (text: string) => ({ role: 'user', text });
  const asked = ['Tell me a story.', 'A short one.', 'In French, please.'].map(user);
  expect(read(entries).messages).toEqual(asked);
});

test('a reply that was rolled back does not come back with the next turns', () => {
  const entries = log(
    says('Tell me a story.'),
    begins('reply_1'),
    says('In French, please.', rollback),
    rolledBack('reply_1'),
    begins('reply_2'),
    completes('reply_2', 'Il était une fois.'),
    says('And then?'),
    begins('reply_3'),
  );
  expect(read(entries).messages.map(({ text }) => text)).toEqual([
    'Tell me a story.',
    'In French, please.',
    'Il était une fois.',
    'And then?',
  ]);
});

test('the news of a reply that was rolled back is news again, and its call stays answered', () => {
  const entries = log(
    ...installing,
    progress('call_a', 1, 25),
    begins('reply_2'),
    says('In French, please.', rollback),
    rolledBack('reply_2'),
    begins('reply_3'),
  );
  const { messages } = read(entries, { news: [6], calls: [open] });
  expect(messages.map(({ role }) => role)).toEqual([
    'user',
    'assistant',
    'tool',
    'user',
    'user',
    'user',
  ]);
  expect(messages[3]!.text).toContain('"percent":25');
  expect(messages[4]!.text).toBe('In French, please.');
  expect(messages[5]!.text).toMatch(/^<now>.*"percent":25/s);
  expect(JSON.stringify(messages)).not.toContain('Once upon a time');
});
