/** How far each call is: the latest alone, so that a reader which takes its time has little to catch up with. */
import type { LiveProgress } from './item.ts';

/** More calls than this do not show live progress to a reader that does not keep up. */
const MOST_CALLS = 100;

export interface Percentages {
  /** Grows with each that is heard: what a reader that has seen them all has seen. */
  readonly heard: number;
  hear(progress: LiveProgress): void;
  ended(callId: string): void;
  /** The oldest that came after the reader had seen so many. */
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
    hear(progress) {
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
