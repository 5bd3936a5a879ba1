import type { Ticker } from '../../stream/ticker.ts';

/** A ticker that ticks when told to. */
export function createHandTicker() {
  const ticks = new Set<() => void>();
  const ticker: Ticker = (_, tick) => {
    // A function of its own for each caller: two may give the same one.
    const own = () => tick();
    ticks.add(own);
    return () => void ticks.delete(own);
  };
  return {
    ticker,
    tick() {
      for (const tick of ticks) tick();
    },
    /** How many are ticking. */
    get size() {
      return ticks.size;
    },
  };
}
