import { expect, test } from 'vitest';
import { asCause } from './cause.ts';

test('a cause keeps its name, its words and its own cause, and is text that can be carried', () => {
  const inner = new TypeError('reset \ud83d');
  const error = new RangeError(`${'x'.repeat(3_999)}😀\0`, { cause: inner });
  const cause = asCause(error);
  expect(cause).toMatchObject({ name: 'RangeError', cause: { name: 'TypeError' } });
  expect((cause.cause as Error).message).toBe('reset \uFFFD');
  expect(cause.message).toBe(`${'x'.repeat(3_999)}😀`);
  expect(cause.stack!.isWellFormed()).toBe(true);
  expect(cause.stack!.length).toBeLessThan(4_002);
});

test('causes that go round in a circle come to an end', () => {
  const error = new Error('round');
  error.cause = error;
  expect(asCause(error).cause).toBeInstanceOf(Error);
});
