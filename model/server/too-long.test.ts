import { expect, test } from 'vitest';
import { isTooLong, sizesIn } from './too-long.ts';

test.each([
  [400, 'The request exceeds the available context size, try increasing it'],
  [400, 'This model supports at most 8192 input tokens; the prompt has more tokens than the limit'],
  [400, 'Input is too long for requested model.'],
  [400, 'prompt is too long: 210000 tokens > 200000 maximum'],
  [400, 'The prompt (5000 tokens) is longer than the context window'],
  [400, 'Prompt contains 40000 tokens, too large for model with 32768 maximum context length'],
  [422, 'inputs tokens + max_new_tokens must be <= 4096'],
  [400, 'Please reduce the length of the messages.'],
  [500, 'Requested tokens (5000) exceed context window of 4096'],
  [undefined, 'The conversation does not fit into the context of the model'],
  [422, '`inputs` must have less than 1024 tokens. Given: 2000'],
  [400, 'Range of input length should be [1, 30720]'],
  [400, 'the prompt has 5000 tokens but the model only supports 4096'],
  [400, 'input characters limit is 229376'],
  [undefined, 'prompt tokens (9000) > context (8192)'],
  [400, 'invalid params, context window exceeds limit (2013)'],
  [400, "Invalid 'messages': array too long. Expected an array with maximum length 2048"],
  [400, '9000 tokens are too many: max_model_len exceeded, maximum model length is 8192'],
])('a request is too long: %s %s', (status, words) => {
  expect(isTooLong({ status, words })).toBe(true);
});

test.each([
  [429, 'Rate limit reached: 30000 tokens per min, requested 9000'],
  [400, 'You exceeded your current quota'],
  [400, "Invalid 'messages[1].tool_calls[0].id': string too long, maximum length 40"],
  [400, 'max_tokens is too large: 32000. At most 4096 completion tokens'],
  [400, 'Too many tools'],
  [400, "Invalid 'tools': array too long. Expected an array with maximum length 128"],
  [400, "Invalid value for 'max_output_tokens': integer above maximum value"],
  [undefined, 'The response was cut off because it exceeded max_tokens'],
  [401, 'The token is too long'],
  [400, 'This model does not support tools'],
  [404, 'The model does not exist'],
  [503, 'The server is overloaded'],
])('a request is refused for another reason: %s %s', (status, words) => {
  expect(isTooLong({ status, words })).toBe(false);
});

test.each([
  ['the maximum context length is 4096 tokens, but 5000 tokens were asked for', 4_096, 5_000],
  ['210,000 tokens > 200,000 maximum', 200_000, 210_000],
  ['{"n_prompt_tokens":5000,"n_ctx":4096}', 4_096, 5_000],
  ['at most 1,000,000 of your 1,200,000 tokens', 1_000_000, 1_200_000],
  ['exceed context window of 4096', 4_096, undefined],
  ['must have less than 1024 tokens. Given: 2000', 1_024, 2_000],
  ['Range of input length should be [1, 30720]', 30_720, undefined],
  ['the prompt has 5000 tokens but the model only supports 4096', 4_096, 5_000],
])('the sizes are found in: %s', (words, most, sent) => {
  expect(sizesIn(words)).toEqual({ most, ...(sent !== undefined && { sent }) });
});

test.each(['Error 400: too long.', 'context window exceeds limit (2013)'])(
  'no sizes are found in: %s',
  (words) => {
    expect(sizesIn(words)).toBeUndefined();
  },
);
