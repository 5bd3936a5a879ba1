import { expect, test } from 'vitest';
import { request } from '../test/kit/model-request.ts';
import { countRequest, countTokens } from './tokens.ts';

test.each([
  ['', 0],
  ['hello world', 2],
  ['The quick brown fox jumps over the lazy dog.', 10],
  ['<|endoftext|>', 7],
])('%j has %i tokens', async (text, tokens) => {
  expect(await countTokens(text)).toBe(tokens);
  // Once more, from what is kept.
  expect(await countTokens(text)).toBe(tokens);
});

test('a long text has about as many tokens in slices as it has in one piece', async () => {
  const { countTokens: count } = await import('gpt-tokenizer/encoding/o200k_base');
  const text = 'Entry 4711: the installer of the package gamma has ended. '.repeat(400);
  const whole = count(text);
  const counted = await countTokens(text);
  expect(counted).toBeGreaterThanOrEqual(whole);
  expect(counted).toBeLessThan(whole * 1.02);
});

test('a request has the tokens of its messages, of its calls and of its tools', async () => {
  const all = await countRequest(request);
  const { messages, tools } = request;
  expect(await countRequest({ messages, tools: [] })).toBeLessThan(all);
  expect(await countRequest({ messages: messages.slice(1), tools })).toBeLessThan(all);
  const silent = messages.map((m) => (m.role === 'assistant' ? { ...m, calls: [] } : m));
  expect(await countRequest({ messages: silent, tools })).toBeLessThan(all);
});

test('a long word, which is slow to tokenize, is counted in time', async () => {
  expect(await countTokens('你好世界'.repeat(10_000))).toBeGreaterThan(10_000);
});
