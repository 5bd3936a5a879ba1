import { expect, test } from 'vitest';
import { EXCERPT_LENGTH, excerptOf } from './excerpt.ts';

const filler = (count: number) => Array.from({ length: count }, (_, nth) => `word${nth}`).join(' ');

test('a short text is its own excerpt', () => {
  expect(excerptOf(' The Walrus\nis ready. ', ['walrus'])).toBe(' The Walrus\nis ready. ');
});

test('a long text is cut around the word, between words', () => {
  const text = `${filler(50)} The walrus is ready. ${filler(50)}`;
  const excerpt = excerptOf(text, ['walrus'])!;
  expect(excerpt).toMatch(/^…word\d+ .* The walrus is ready\. .* word\d+…$/);
  const whole = excerpt.slice(1, -1);
  expect(` ${text} `).toContain(` ${whole} `);
  expect(whole.length).toBeGreaterThan(EXCERPT_LENGTH - 40);
  expect(whole.length).toBeLessThanOrEqual(EXCERPT_LENGTH);
});

test('at the start and at the end of a text, nothing is cut there and the other side has more room', () => {
  const atStart = excerptOf(`walrus ${filler(50)}`, ['walrus'])!;
  expect(atStart).toMatch(/^walrus word0 .*…$/);
  const atEnd = excerptOf(`${filler(50)} walrus`, ['walrus'])!;
  expect(atEnd).toMatch(/^…word\d+ .* walrus$/);
  for (const each of [atStart, atEnd]) expect(each.length).toBeGreaterThan(EXCERPT_LENGTH - 20);
});

test('a text without spaces is cut at whole code points', () => {
  for (const sign of ['鯨', '🦭']) {
    for (const lead of ['', 'x']) {
      const text = `${lead}${sign.repeat(400)}walrus${sign.repeat(400)}`;
      const excerpt = excerptOf(text, ['walrus'])!;
      expect(excerpt).toMatch(/^….*walrus.*…$/u);
      expect(excerpt.isWellFormed()).toBe(true);
      expect(Array.from(excerpt)).toHaveLength(EXCERPT_LENGTH + 2);
    }
  }
});

test('a word longer than an excerpt is cut itself', () => {
  const excerpt = excerptOf(`so ${'long'.repeat(100)}`, ['long'.repeat(50)])!;
  expect(excerpt).toMatch(/^so (long)+.*…$/);
});

test('the excerpt is where most of the words are near each other', () => {
  const text = `The start. ${filler(50)} a walrus and the moon ${filler(50)} the end`;
  expect(excerptOf(text, ['the', 'WALRUS', 'moon'])).toContain('a walrus and the moon');
  expect(excerptOf(text, ['the'])).toMatch(/^The start\./);
});

test('a text with none of the words has no excerpt', () => {
  expect(excerptOf('The walrus.', ['elephant'])).toBeUndefined();
  expect(excerptOf('', ['elephant'])).toBeUndefined();
});

test('only the first thousand places are looked at, since a letter may be everywhere', () => {
  const words = ['a', 'b'];
  expect(excerptOf(`${'a '.repeat(900)}b`, words)).toMatch(/^…(a )+b$/);
  expect(excerptOf(`${'a '.repeat(1_100)}b`, words)).toMatch(/^(a )+a…$/);
});
