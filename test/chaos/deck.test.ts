import { expect, test } from 'vitest';
import { KINDS } from './evidence.ts';
import { deckOf } from './deck.ts';
import { FAULTS, SHARES } from './faults/table.ts';
import { seeded } from './random.ts';

const SIZE = KINDS.reduce((sum, kind) => sum + SHARES[kind], 0);
const drawn = (seed: number, from: number, kinds = KINDS) => {
  const kindAt = deckOf(kinds, seeded(seed));
  return Array.from({ length: SIZE }, (_, i) => kindAt(from + i));
};

test('each deck has the share of every kind, and its own order', () => {
  for (const from of [0, SIZE, 5 * SIZE]) {
    const counted = Object.groupBy(drawn(1, from), (kind) => kind);
    for (const kind of KINDS) expect(counted[kind], kind).toHaveLength(SHARES[kind]);
  }
  expect(drawn(1, 0)).not.toEqual(drawn(1, SIZE));
});

test('the same seed draws the same order, and another seed a different one', () => {
  expect(drawn(1, 0)).toEqual(drawn(1, 0));
  expect(drawn(1, 0)).not.toEqual(drawn(2, 0));
});

test('a deck of chosen kinds draws no others', () => {
  expect(new Set(deckKinds())).toEqual(new Set(['freeze', 'starve']));

  function deckKinds() {
    const kindAt = deckOf(['freeze', 'starve'], seeded(1));
    return Array.from({ length: 20 }, (_, i) => kindAt(i));
  }
});

test('every kind has faults, each with a unique name and the moments at which it happens', () => {
  for (const kind of KINDS) {
    const own = FAULTS.filter((fault) => fault.kind === kind);
    expect(own.length, kind).toBeGreaterThan(0);
    expect(new Set(own.map(({ name }) => name)).size).toBe(own.length);
    for (const { moments, weight } of own) {
      expect(weight).toBeGreaterThan(0);
      expect(Object.keys(moments).length).toBeGreaterThan(0);
    }
  }
});
