import { expect, test } from 'vitest';
import { hashKey, isKey, makeKey } from './key.ts';

test('a key says whether it is live or for tests, and ends with a checksum', () => {
  expect(makeKey({ test: false }).key).toMatch(/^mw_live_[0-9A-Za-z]{38}$/);
  expect(makeKey({ test: true }).key).toMatch(/^mw_test_[0-9A-Za-z]{38}$/);
});

test('two keys differ in key, id and hash', () => {
  const [one, other] = [makeKey({ test: false }), makeKey({ test: false })];
  expect(new Set([one.key, other.key, one.id, other.id, one.hash, other.hash]).size).toBe(6);
});

test('the id and the hint do not contain the key', () => {
  const { key, id, hint } = makeKey({ test: false });
  expect(key).not.toContain(id.slice('key_'.length));
  expect(hint).toBe(`${key.slice(0, 10)}…${key.slice(-4)}`);
});

test('a key is recognised, and one with any changed, missing or added character is not', () => {
  const { key } = makeKey({ test: false });
  expect(isKey(key)).toBe(true);
  for (let place = 8; place < key.length; place += 1) {
    const other = key[place] === 'a' ? 'b' : 'a';
    expect(isKey(key.slice(0, place) + other + key.slice(place + 1)), `${place}`).toBe(false);
  }
  for (const wrong of [key.slice(0, -1), `${key}a`, key.replace('live', 'test'), '', 'mw_live_']) {
    expect(isKey(wrong), wrong).toBe(false);
  }
});

test('a checksum that begins with zeros keeps its length', () => {
  const lengths = Array.from({ length: 500 }, () => makeKey({ test: false }).key.length);
  expect(new Set(lengths)).toEqual(new Set([46]));
});

test('the hash of a key is the same each time', () => {
  const { key, hash } = makeKey({ test: false });
  expect(hashKey(key)).toBe(hash);
});
