import fc from 'fast-check';
import { expect, test } from 'vitest';
import { request } from '../test/kit/model-request.ts';
import { countRequest, countTokens, mostTokens } from './tokens.ts';

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

test('no request has more tokens than its upper bound, whether its texts have been counted before or not', async () => {
  const texts = fc.array(fc.string({ unit: 'binary', maxLength: 1_200 }), { maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(texts, async (all) => {
      const given = {
        messages: all.map((text) => ({ role: 'user' as const, text })),
        tools: request.tools,
      };
      const before = mostTokens(given);
      const tokens = await countRequest(given);
      expect(before).toBeGreaterThanOrEqual(tokens);
      expect(mostTokens(given)).toBe(tokens);
    }),
    { numRuns: 200, seed: 1 },
  );
});
