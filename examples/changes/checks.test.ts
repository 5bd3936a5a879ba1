/** Each check passes a log in which the agent behaves, and catches the one thing that another does wrong. */
import { describe, expect, test } from 'vitest';
import {
  brings,
  calls,
  caught,
  ends,
  entriesOf,
  fails,
  says,
  type LogLine,
} from '../../test/kit/example-log.ts';
import changes from './index.ts';

describe('changes', () => {
  const offer = (price: number) => ({ supplier: 'Nordwind', item: 'hinge', price });
  const versions = [
    { version: 1, offers: [offer(4.2)] },
    { version: 2, offers: [offer(6.37)] },
  ];
  const order = (version: number, price: number, name = 'OX-1111') => ({
    ...{ order: name, version, total: price, lines: [{ ...offer(price), count: 1 }] },
  });
  const prepare = calls('p', 'prepare_order', {});
  const first = brings('p', { version: 1 });
  const changed = brings('p', { version: 2 });
  const place = (version: number) => [
    ...calls('o', 'place_order', { version }),
    ...ends('o', { order: 'OX-1111' }),
  ];
  const told = says('A hinge is 6.37 now.');
  const done = says('Ordered: OX-1111.');

  test.each<[string, ReturnType<typeof order>[], LogLine[][], string[]]>([
    ['behaves', [order(2, 6.37)], [prepare, first, changed, told, place(2), done], []],
    [
      'orders at the old price',
      [order(1, 4.2)],
      [prepare, first, changed, told, place(1), done],
      ['never_stale', 'replanned'],
    ],
    [
      'orders at a price that no supplier offers',
      [order(2, 5)],
      [prepare, first, changed, told, place(2), done],
      ['never_stale'],
    ],
    [
      'orders twice',
      [order(2, 6.37), order(2, 6.37)],
      [prepare, first, changed, told, place(2), done],
      ['ordered_once'],
    ],
    [
      'requests an order with prices that it knows to be old',
      [order(2, 6.37)],
      [
        prepare,
        first,
        changed,
        told,
        calls('s', 'place_order', { version: 1 }),
        fails('s'),
        says('Again.'),
        place(2),
        done,
      ],
      ['replanned'],
    ],
    [
      'keeps the change to itself',
      [order(2, 6.37)],
      [prepare, first, changed, says('I plan again.'), place(2), done],
      ['told_changes'],
    ],
    [
      'does not name the order',
      [order(2, 6.37)],
      [prepare, first, changed, told, place(2), says('Done.')],
      ['told'],
    ],
  ])('an agent that %s', (_, orders, lines, checks) => {
    expect(caught(changes, { orders, versions }, entriesOf(...lines))).toEqual(checks);
  });
});
