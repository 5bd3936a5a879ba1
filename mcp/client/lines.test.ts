import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createLines } from './lines.ts';

test('the lines are the same, however the stream is split', () => {
  const line = fc
    .string({ unit: 'grapheme' })
    .filter((text) => text.trim() !== '' && !text.includes('\n'));
  fc.assert(
    fc.property(fc.array(line), fc.integer({ min: 1, max: 7 }), (given, size) => {
      const bytes = Buffer.from(given.map((text) => `${text}\n`).join(''));
      const taken: string[] = [];
      const lines = createLines(1_000_000, (text) => taken.push(text));
      for (let at = 0; at < bytes.length; at += size) lines.add(bytes.subarray(at, at + size));
      expect(taken).toEqual(given);
    }),
  );
});

test('a line that is too long ends the stream', () => {
  const taken: string[] = [];
  const lines = createLines(10, (text) => taken.push(text));
  expect(lines.add(Buffer.from('short\n01234'))).toBe(true);
  expect(lines.add(Buffer.from('56789'))).toBe(true);
  expect(lines.add(Buffer.from('0'))).toBe(false);
  expect(lines.add(Buffer.from('\nmore\n'))).toBe(false);
  expect(taken).toEqual(['short']);
});
