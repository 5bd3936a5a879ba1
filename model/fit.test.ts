import { expect, test } from 'vitest';
import { fitted } from './fit.ts';
import type { ModelMessage, ModelRequest } from './message.ts';
import { countRequest } from './tokens.ts';

const words = (count: number) => 'word '.repeat(count).trim();
const user = (text: string): ModelMessage => ({ role: 'user', text });
const said = (text: string): ModelMessage => ({ role: 'assistant', text, calls: [] });
const asked: ModelMessage[] = [
  {
    role: 'assistant',
    text: '',
    calls: [{ call_id: 'call_a', tool: 'look', arguments: JSON.stringify({ at: words(2_000) }) }],
  },
  { role: 'tool', call_id: 'call_a', text: words(2_000) },
];
const request = (...messages: ModelMessage[]): ModelRequest => ({
  model: 'm',
  messages: [{ role: 'system', text: 'Be brief.' }, ...messages],
  tools: [],
});

test('a window that fits stays as it is', async () => {
  const given = request(user('hello'));
  expect((await fitted(given, 100)).messages).toEqual(given.messages);
});

test('a late answer whose call was dropped with the oldest messages becomes an event', async () => {
  const call = { call_id: 'call_a', tool: 'look', arguments: '{}', async: true as const };
  const given = request(
    user('one'),
    { role: 'assistant', text: '', calls: [call] },
    ...Array.from({ length: 20 }, (_, nth) => [
      user(`${nth} ${words(40)}`),
      said(words(40)),
    ]).flat(),
    { role: 'tool', call_id: 'call_a', text: '{"status":"completed"}' },
    user('And?'),
  );
  const { messages } = await fitted(given, 120);
  expect(messages.some(({ role }) => role === 'tool')).toBe(false);
  expect(messages.at(-2)).toEqual(
    user('<event>{"call_id":"call_a","answer":"{\\"status\\":\\"completed\\"}"}</event>'),
  );
});

test('the longest texts are shortened first, and the last message of the user stays', async () => {
  const last = user(words(300));
  const given = request(user('one'), ...asked, said(words(200)), last);
  const { messages } = await fitted(given, 1_500);
  expect(await countRequest({ messages, tools: [] })).toBeLessThanOrEqual(1_500);
  expect(messages).toHaveLength(given.messages.length);
  expect(messages.at(-1)).toEqual(last);
  expect(messages.at(-2)).toEqual(said(words(200)));
  expect(messages[3]!.text).toMatch(/^word .* \[… \d+ characters left out …\] .*word$/);
  const [call] = (messages[2] as { calls: { arguments: string }[] }).calls;
  expect(JSON.parse(call!.arguments)).toEqual({ left_out: expect.stringMatching(/characters/) });
});

test('the last message is shortened when nothing else helps', async () => {
  const { messages } = await fitted(request(user(words(5_000))), 1_000);
  expect(await countRequest({ messages, tools: [] })).toBeLessThanOrEqual(1_000);
  expect(messages[1]!.text).toContain('characters left out');
});

test('the oldest of too many messages are dropped, and each call keeps its answer', async () => {
  const many = Array.from({ length: 100 }, (_, nth) => [
    user(`${nth} ${words(20)}`),
    ...asked,
  ]).flat();
  const { messages } = await fitted(request(...many, user('and now?')), 1_500);
  expect(await countRequest({ messages, tools: [] })).toBeLessThanOrEqual(1_500);
  expect(messages[1]!.role).toBe('user');
  expect(messages.at(-1)).toEqual(user('and now?'));
});
