import { expect, test } from 'vitest';
import { CallFailed, toolFailure } from './call-failed.ts';

const unspeakable = new Proxy(new Error('x'), {
  get() {
    throw new Error('not for you');
  },
});

const circular: Record<string, unknown> = { why: 'disk' };
circular.self = circular;

const ownCause = new Error('again');
ownCause.cause = ownCause;

test.each([
  ['an error', new Error('It broke.'), { type: 'ToolError', message: 'It broke.' }],
  ['an error with a name', new TypeError('No.'), { type: 'TypeError', message: 'No.' }],
  ['a CallFailed', new CallFailed('Timeout', 'Late.'), { type: 'Timeout', message: 'Late.' }],
  ['a text', 'no', { type: 'ToolError', message: 'no' }],
  [
    'nothing',
    undefined,
    { type: 'ToolError', message: 'The tool threw undefined, so the reason is unknown.' },
  ],
  ['null', null, { type: 'ToolError', message: 'The tool threw null, so the reason is unknown.' }],
  ['an empty string', '', { type: 'ToolError', message: 'An empty string, without a message' }],
  ['a number', 404, { type: 'ToolError', message: '404' }],
  ['a function', () => 'no', { type: 'ToolError', message: 'A function, without a message' }],
  [
    'an error without words',
    new RangeError(),
    { type: 'RangeError', message: 'RangeError, without a message' },
  ],
  [
    'an object with a code and a message',
    { code: 'E_FULL', message: 'disk is full' },
    { type: 'E_FULL', message: 'disk is full' },
  ],
  [
    'an object with a name',
    { name: 'DiskFull', code: 28, message: 'disk is full' },
    { type: 'DiskFull', message: 'disk is full' },
  ],
  ['an object around an error', { error: { message: 'no' } }, { type: 'ToolError', message: 'no' }],
  ['an object around words', { error: 'no' }, { type: 'ToolError', message: 'no' }],
  [
    'an object without words',
    { status: 503, body: { retry: true } },
    { type: 'ToolError', message: '{ status: 503, body: { retry: true } }' },
  ],
  [
    'an object that holds itself',
    circular,
    { type: 'ToolError', message: expect.stringContaining('disk') },
  ],
  ['a list', ['a', 1n], { type: 'ToolError', message: "[ 'a', 1n ]" }],
  [
    'an answer of HTTP',
    new Response('no', { status: 404 }),
    { type: 'ToolError', message: expect.stringContaining('status: 404') },
  ],
  [
    'an error with its cause',
    new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED 127.0.0.1:1') }),
    { type: 'TypeError', message: 'fetch failed: connect ECONNREFUSED 127.0.0.1:1' },
  ],
  [
    'a cause that is repeated in the message, and one that is no error',
    new Error('Not saved: disk is full', { cause: new Error('disk is full', { cause: 'quota' }) }),
    { type: 'ToolError', message: 'Not saved: disk is full: disk is full: quota' },
  ],
  ['an error that is its own cause', ownCause, { type: 'ToolError', message: 'again' }],
  [
    'several at once',
    new AggregateError([new Error('one'), 'two', { message: 'three' }], 'All failed'),
    { type: 'AggregateError', message: 'All failed: one: two: three' },
  ],
  [
    'several at once without words of their own',
    new AggregateError([new Error('one'), new Error('one')]),
    { type: 'AggregateError', message: 'one' },
  ],
  ['a symbol', Symbol('s'), { type: 'ToolError', message: 'Symbol(s)' }],
  [
    'an error whose words are none',
    Object.assign(new Error('x'), { name: 5, message: { a: 1 } }),
    { type: 'ToolError', message: expect.stringContaining('a: 1') },
  ],
  [
    'an object that is no text',
    Object.create(null),
    expect.objectContaining({ type: 'ToolError' }),
  ],
  ['an error that throws', unspeakable, expect.objectContaining({ type: 'ToolError' })],
  [
    'characters that cannot be stored',
    new Error('\0\ud83d'),
    { type: 'ToolError', message: '\uFFFD\uFFFD' },
  ],
])('%s that a tool throws becomes a readable failure', (_, thrown, failure) => {
  expect(toolFailure(thrown)).toEqual(failure);
});

test('a long message keeps its beginning and its end, without half a character', () => {
  const { message } = toolFailure(new Error(`😀`.repeat(5_000)));
  expect(message.length).toBeLessThan(3_300);
  expect(message.isWellFormed()).toBe(true);
  expect(toolFailure(new Error(`x${'😀'.repeat(5_000)}`)).message.isWellFormed()).toBe(true);
});

test('a long cause does not shorten the message of the error itself', () => {
  const { message } = toolFailure(
    new Error('disk is full', { cause: new Error('y'.repeat(5_000)) }),
  );
  expect(message).toMatch(/^disk is full: y+ …$/);
  expect(message.length).toBeLessThan(1_100);
});
