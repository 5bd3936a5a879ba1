/** A single timer for many beats. It runs while there are any. */
import { every, type Ticker } from './ticker.ts';

export interface Pulse {
  /** @returns the function that removes the beat */
  add(beat: () => void): () => void;
}

export function createPulse(milliseconds: number, ticker: Ticker = every): Pulse {
  const beats = new Set<() => void>();
  let stop = () => {};
  return {
    add(beat) {
      if (beats.size === 0) {
        stop = ticker(milliseconds, () => {
          for (const each of beats) each();
        });
      }
      beats.add(beat);
      return () => {
        if (beats.delete(beat) && beats.size === 0) stop();
      };
    },
  };
}
