import { expect, test } from 'vitest';
import { asksToHold, readWishes } from './lines.ts';

test('a later line replaces what it calls off with what it wants instead', () => {
  const first = 'Please request a quote for bicycles.';
  const second = 'No, not bicycles: I need a quote for helmets instead.';
  const third =
    'Sorry, I changed my mind again: no helmets either, request a quote for lamps only. What is 12 times 13?';
  expect(readWishes([first, second])).toMatchObject({
    quotes: ['helmets'],
    calledOff: ['bicycles'],
  });
  expect(readWishes([first, second, third])).toMatchObject({
    quotes: ['lamps'],
    calledOff: ['bicycles', 'helmets'],
    sums: [[12, 13]],
  });
});

test.each([
  ['Please request two quotes: one for bicycles and one for helmets.', ['bicycles', 'helmets'], []],
  ['Cancel the quote for helmets. Keep the other one.', [], ['helmets']],
  ['Thanks. What is 12 times 13?', [], []],
])('the wishes are read from %j', (line, quotes, calledOff) => {
  expect(readWishes([line])).toMatchObject({ quotes, calledOff });
});

test('only the last line can ask for a story', () => {
  expect(readWishes(['Tell me a story.']).story).toBe(true);
  expect(readWishes(['Tell me a story.', 'Stop, that is enough.']).story).toBe(false);
});

test('only a line that says so holds results back', () => {
  expect(asksToHold('Tell me no offer before all three are in.')).toBe(true);
  expect(asksToHold('Tell me each offer as it comes.')).toBe(false);
});
