/**
 * The progress of calls whose hold this process has lost. If it gets the next hold of such a call, with none in between, it knows
 * more than the last heartbeat that reached Temporal.
 */
import type { Standing } from './standing.ts';

export interface LostHold extends Standing {
  /** The turn of the hold that was lost. */
  turn: number;
}

export interface LostHolds {
  put(key: string, lost: LostHold): void;
  /** Undefined unless `turn` is the one after the lost hold. Forgets the hold in any case. */
  take(key: string, turn: number): Standing | undefined;
}

/** Other processes end most of these calls, so the oldest are dropped. */
const MOST = 1_000;

export function createLostHolds(): LostHolds {
  const lost = new Map<string, LostHold>();
  return {
    put(key, hold) {
      lost.delete(key);
      lost.set(key, hold);
      if (lost.size > MOST) lost.delete(lost.keys().next().value!);
    },
    take(key, turn) {
      const found = lost.get(key);
      lost.delete(key);
      if (found?.turn !== turn - 1) return undefined;
      const { turn: _, ...standing } = found;
      return standing;
    },
  };
}
