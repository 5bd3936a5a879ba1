import type { Kind } from './evidence.ts';
import { SHARES } from './faults/table.ts';
import type { Random } from './random.ts';

/** As with cards: in each deck every kind has its share, and the order is chance. */
export function deckOf(kinds: readonly Kind[], random: Random): (nth: number) => Kind {
  const cards = kinds.flatMap((kind) => Array.from({ length: SHARES[kind] }, () => kind));
  const drawn: Kind[] = [];
  return (nth) => {
    while (drawn.length <= nth) {
      const rest = [...cards];
      while (rest.length > 0) drawn.push(...rest.splice(random.whole(0, rest.length - 1), 1));
    }
    return drawn[nth]!;
  };
}
