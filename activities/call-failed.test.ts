import { expect, test } from 'vitest';
import { CallFailed, toolFailure } from './call-failed.ts';

const unspeakable = new Proxy(new Error('x'), {
  get() {
    throw new Error('not for you');
  },
});

test.each([
  ['an error', new Error('It broke.'), { type: 'ToolError', message: 'It broke.' }],
  ['one with a name', new TypeError('No.'), { type: 'TypeError', message: 'No.' }],
  ['one of ours', new CallFailed('Timeout', 'Late.'), { type: 'Timeout', message: 'Late.' }],
  ['a text', 'no', { type: 'ToolError', message: 'no' }],
  ['nothing', undefined, { type: 'ToolError', message: 'undefined' }],
  ['a symbol', Symbol('s'), { type: 'ToolError', message: 'Symbol(s)' }],
  [
    'an error whose words are none',
    Object.assign(new Error('x'), { name: 5, message: { a: 1 } }),
    { type: '5', message: '[object Object]' },
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
])('%s that a tool throws is told', (_, thrown, failure) => {
  expect(toolFailure(thrown)).toEqual(failure);
});

test('a long message keeps its beginning and its end, and no half of a character', () => {
  const { message } = toolFailure(new Error(`😀`.repeat(5_000)));
  expect(message.length).toBeLessThan(3_300);
  expect(message.isWellFormed()).toBe(true);
  expect(toolFailure(new Error(`x${'😀'.repeat(5_000)}`)).message.isWellFormed()).toBe(true);
});
