import { expect, test } from 'vitest';
import { asCause } from './cause.ts';

test('a cause keeps its name, its message and its own cause, as text that can be stored', () => {
  const inner = new TypeError('reset \ud83d');
  const error = new RangeError(`${'x'.repeat(3_999)}😀\0`, { cause: inner });
  const cause = asCause(error);
  expect(cause).toMatchObject({ name: 'RangeError', cause: { name: 'TypeError' } });
  expect((cause.cause as Error).message).toBe('reset \uFFFD');
  expect(cause.message).toBe(`${'x'.repeat(3_999)}😀`);
  expect(cause.stack!.isWellFormed()).toBe(true);
  expect(cause.stack!.length).toBeLessThan(4_002);
});

test('circular causes are cut off', () => {
  const error = new Error('round');
  error.cause = error;
  expect(asCause(error).cause).toBeInstanceOf(Error);
});
