import OpenAI from 'openai';
import { describe, expect, test } from 'vitest';
import { ModelError, toFailure } from './errors.ts';

const now = new Date('2030-01-01T00:00:00Z');

const api = (status: number | undefined, error = {}, headers: Record<string, string> = {}) =>
  status === undefined
    ? new OpenAI.APIError(undefined, error, undefined, new Headers(headers))
    : OpenAI.APIError.generate(status, { error }, undefined, new Headers(headers));

/** An error, the type of its failure, and whether a retry can help. */
const table: [string, unknown, string, boolean][] = [
  ['429', api(429), 'ModelRateLimited', true],
  ['429 without quota', api(429, { code: 'insufficient_quota' }), 'ModelQuotaExceeded', false],
  ['408', api(408), 'ModelTimeout', true],
  ['409', api(409), 'ModelUnavailable', true],
  ['500', api(500), 'ModelUnavailable', true],
  ['503', api(503), 'ModelUnavailable', true],
  ['504', api(504), 'ModelTimeout', true],
  ['529', api(529), 'ModelUnavailable', true],
  ['400', api(400, { message: 'No.' }), 'ModelRequestRefused', false],
  ['400 too long', api(400, { code: 'context_length_exceeded' }), 'ModelContextTooLong', false],
  ['404', api(404), 'ModelRequestRefused', false],
  ['413', api(413), 'ModelContextTooLong', false],
  ['422', api(422), 'ModelRequestRefused', false],
  ['401', api(401), 'ModelAccessDenied', false],
  ['403', api(403), 'ModelAccessDenied', false],
  [
    'a rate limit inside a stream',
    api(undefined, { code: 'rate_limit_exceeded' }),
    'ModelRateLimited',
    true,
  ],
  ['a status inside a stream', api(undefined, { code: 502 }), 'ModelUnavailable', true],
  ['a failure inside a stream', api(undefined, { message: 'Oops.' }), 'ModelUnavailable', true],
  [
    'a refusal inside a stream',
    api(undefined, { type: 'invalid_request_error' }),
    'ModelRequestRefused',
    false,
  ],
  [
    'no connection',
    new OpenAI.APIConnectionError({ cause: new Error('ECONNREFUSED') }),
    'ModelUnreachable',
    true,
  ],
  ['no answer', new OpenAI.APIConnectionTimeoutError(), 'ModelTimeout', true],
  ['a connection that breaks', new TypeError('terminated'), 'ModelUnreachable', true],
  [
    'a stream that is not valid JSON',
    new SyntaxError('Unexpected token'),
    'ModelBrokenAnswer',
    true,
  ],
  ['silence', new ModelError('ModelTimeout', 'Silent.'), 'ModelTimeout', true],
  ['an answer that is cut off', new ModelError('ModelCutOff', 'Long.'), 'ModelCutOff', false],
  [
    'a filtered request (Azure)',
    api(400, { code: 'content_filter', message: 'It triggered the content management policy.' }),
    'ModelPromptFiltered',
    false,
  ],
  [
    'a filtered request (xAI)',
    api(403, { message: 'Content violates usage guidelines.' }),
    'ModelPromptFiltered',
    false,
  ],
  [
    'a filtered request (DeepSeek)',
    api(400, { message: 'Content Exists Risk' }),
    'ModelPromptFiltered',
    false,
  ],
  [
    'a filtered request (Alibaba)',
    api(400, {
      code: 'data_inspection_failed',
      message: 'Input data may contain inappropriate content.',
    }),
    'ModelPromptFiltered',
    false,
  ],
  [
    'a filtered request (OpenAI)',
    api(400, {
      code: 'invalid_prompt',
      message: 'Your prompt was flagged as potentially violating our usage policy.',
    }),
    'ModelPromptFiltered',
    false,
  ],
  [
    'a filtered answer',
    new ModelError('ModelContentFiltered', 'No.'),
    'ModelContentFiltered',
    false,
  ],
  ['a refusal', new ModelError('ModelRefused', 'No.'), 'ModelRefused', false],
  ['anything else', new RangeError('What?'), 'ModelUnknown', true],
  ['a value that is not an error', 'What?', 'ModelUnknown', true],
];

test.each(table)(
  '%s becomes a failure of the right type, retried or not',
  (_, error, type, again) => {
    expect(toFailure(error, { now })).toMatchObject({ type, nonRetryable: !again });
  },
);

describe('the delay that a provider asks for', () => {
  test.each([
    [{ 'retry-after': '7' }, 7_000],
    [{ 'retry-after': 'Tue, 01 Jan 2030 00:00:20 GMT' }, 20_000],
    [{ 'retry-after-ms': '1500', 'retry-after': '9' }, 1_500],
    [{ 'retry-after': '86400' }, 60_000],
    [{ 'retry-after': 'Mon, 31 Dec 2029 23:59:00 GMT' }, 0],
    [{ 'retry-after': 'soon' }, undefined],
    [{}, undefined],
  ])('with %j is %s ms', (headers, delay) => {
    expect(toFailure(api(429, {}, headers as Record<string, string>), { now }).nextRetryDelay).toBe(
      delay,
    );
  });

  test('is kept for a server error too, but not when a retry cannot help', () => {
    const headers = { 'retry-after': '3' };
    expect(toFailure(api(503, {}, headers), { now }).nextRetryDelay).toBe(3_000);
    expect(toFailure(api(400, {}, headers), { now }).nextRetryDelay).toBeUndefined();
  });
});

test('a message neither repeats a refused key nor is too long', () => {
  const secret = api(401, { message: 'Incorrect API key provided: sk-abcdef' });
  expect(toFailure(secret, { now }).message).toBe('The model provider refused access (401).');
  const long = api(500, { message: 'x'.repeat(10_000) });
  expect(toFailure(long, { now }).message.length).toBeLessThanOrEqual(500);
});

test('a failure keeps the status, code and request id of the provider, and its error', () => {
  const error = api(503, { message: 'Busy.', code: 'busy' }, { 'x-request-id': 'req_7' });
  const failure = toFailure(error, { now });
  expect(failure.message).toBe('503 Busy. (request req_7)');
  expect(failure.details).toEqual([
    { provider: { status: 503, code: 'busy', request_id: 'req_7' } },
  ]);
  expect(failure.cause).toMatchObject({ name: 'Error', message: '503 Busy.' });
});

test.each([
  [400, 'true', true],
  [503, 'false', false],
  [413, 'true', false],
])('a %s obeys x-should-retry: %s where a retry can help', (status, word, again) => {
  const failure = toFailure(api(status, {}, { 'x-should-retry': word }), { now });
  expect(failure.nonRetryable).toBe(!again);
});

test('a cause does not repeat a refused key either', () => {
  const failure = toFailure(api(401, { message: 'Incorrect API key: sk-abcdef' }), { now });
  expect(failure.cause).toBeUndefined();
});

test('the message of an internal error does not reveal the error, which is its cause', () => {
  const failure = toFailure(new TypeError('x is not a function'), { now });
  expect(failure.message).toBe("The model's answer could not be read.");
  expect(failure.cause).toMatchObject({ name: 'TypeError', message: 'x is not a function' });
});
