/** The latest progress of each call: a slow reader gets no earlier progress. */
import type { LiveProgress } from './item.ts';

/** If more calls than this report progress, a slow reader misses the progress of some. */
const MOST_CALLS = 100;

export interface Percentages {
  /** The number of progress items so far; a reader that has seen them all has seen this many. */
  readonly heard: number;
  receive(progress: LiveProgress): void;
  ended(callId: string): void;
  /** The oldest item kept that arrived after the first `seen` ones. */
  after(seen: number): { nth: number; progress: LiveProgress } | undefined;
}

export function createPercentages(): Percentages {
  let heard = 0;
  /** In the order in which they were heard. */
  const latest = new Map<string, { nth: number; progress: LiveProgress }>();

  return {
    get heard() {
      return heard;
    },
    receive(progress) {
      latest.delete(progress.call_id);
      latest.set(progress.call_id, { nth: ++heard, progress });
      if (latest.size > MOST_CALLS) latest.delete(latest.keys().next().value!);
    },
    ended: (callId) => void latest.delete(callId),
    after(seen) {
      if (seen === heard) return undefined;
      return [...latest.values()].find(({ nth }) => nth > seen);
    },
  };
}
