/** Races by the thousand. Batch after batch has the next seed: a failure is found again at once from its own. */
import fc from 'fast-check';
import { tell } from './tell.ts';
import { script } from './script.ts';
import { live } from './world.ts';

export interface Raced {
  steps: number;
  stories: number;
  /** The smallest story found that breaks a rule, told. */
  failure?: string;
}

const BATCH = 200;

/** @param progress is called every few hundred stories, with the steps so far */
export function race(
  { steps: wanted, seed }: { steps: number; seed: number },
  progress: (steps: number) => void = () => {},
): Raced {
  let [steps, stories] = [0, 0];
  while (steps < wanted) {
    const property = fc.property(script, (given) => void (steps += live(given).steps));
    const batch = seed + stories / BATCH;
    const found = fc.check(property, { seed: batch, numRuns: BATCH });
    stories += BATCH;
    if (found.failed) {
      const smallest = found.counterexample![0];
      return { steps, stories, failure: `seed ${batch}\n${tell(smallest)}` };
    }
    progress(steps);
  }
  return { steps, stories };
}
