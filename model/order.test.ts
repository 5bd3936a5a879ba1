import { expect, test } from 'vitest';
import type { ModelMessage } from './message.ts';
import { BEGAN_EARLIER, orderMessages, WAITING } from './order.ts';

const user = (text: string): ModelMessage => ({ role: 'user', text });
const said = (text: string, ...ids: string[]): ModelMessage => ({
  role: 'assistant',
  text,
  calls: ids.map((call_id) => ({ call_id, tool: 'look', arguments: '{}' })),
});
const tool = (call_id: string): ModelMessage => ({ role: 'tool', call_id, text: '{}' });

const messages = [
  user('Look.'),
  user('Twice.'),
  said('Looking [interrupted]'),
  said('Looking.', 'a', 'b'),
  tool('a'),
  tool('b'),
  user('And?'),
  user('<now>{}</now>'),
];

test('free: the order stays as it is', () => {
  expect(orderMessages(messages, 'free')).toEqual(messages);
});

test('joined: neighbours with the same role become one message with separate parts', () => {
  expect(orderMessages(messages, 'joined')).toEqual([
    user('Look.\n\nTwice.'),
    said('Looking [interrupted]\n\nLooking.', 'a', 'b'),
    tool('a'),
    tool('b'),
    user('And?\n\n<now>{}</now>'),
  ]);
});

test('alternating: the assistant waits between the answer of a tool and a message of the user', () => {
  expect(orderMessages(messages, 'alternating')).toEqual([
    user('Look.\n\nTwice.'),
    said('Looking [interrupted]\n\nLooking.', 'a', 'b'),
    tool('a'),
    tool('b'),
    said(WAITING),
    user('And?\n\n<now>{}</now>'),
  ]);
});

test('alternating: an assistant that speaks after its tools does not wait', () => {
  const spoken = [user('Look.'), said('', 'a'), tool('a'), said('Seen.'), user('Thanks.')];
  expect(orderMessages(spoken, 'alternating')).toEqual(spoken);
});

test.each(['joined', 'alternating'] as const)('%s: the user always begins', (order) => {
  expect(orderMessages([said('Seen.'), user('Thanks.')], order)).toEqual([
    user(BEGAN_EARLIER),
    said('Seen.'),
    user('Thanks.'),
  ]);
});
