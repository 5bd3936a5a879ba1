import { expect, test } from 'vitest';
import { cheapest, differences, totalOf } from './price-list.ts';

const offers = [
  { supplier: 'A', item: 'hinge', price: 4.2 },
  { supplier: 'B', item: 'hinge', price: 4.1 },
  { supplier: 'A', item: 'board', price: 0.1 },
];
const list = { version: 1, offers };

test('the cheapest offer of each item is taken, and the total has no remainder', () => {
  const lines = cheapest(list, [
    { item: 'hinge', count: 2 },
    { item: 'board', count: 3 },
  ]);
  expect(lines.map(({ supplier, item }) => [supplier, item])).toEqual([
    ['B', 'hinge'],
    ['A', 'board'],
  ]);
  expect(totalOf(lines)).toBe(8.5);
});

test('an item that no supplier offers is refused, and the error names the others', () => {
  expect(() => cheapest(list, [{ item: 'nail', count: 1 }])).toThrow('only: hinge, board');
});

test('a price that changed, came or went is a difference', () => {
  const next = [
    { ...offers[0]!, price: 5 },
    offers[1]!,
    { supplier: 'C', item: 'board', price: 1 },
  ];
  expect(differences(list, { version: 2, offers: next })).toEqual([
    { supplier: 'A', item: 'hinge', was: 4.2, is: 5 },
    { supplier: 'A', item: 'board', was: 0.1, is: undefined },
    { supplier: 'C', item: 'board', was: undefined, is: 1 },
  ]);
});
