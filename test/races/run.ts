/** Races by the thousand. Batch after batch has the next seed: a failure is found again at once from its own. */
import fc from 'fast-check';
import { externalScript } from './external/script.ts';
import { liveElsewhere } from './external/world.ts';
import { tell, type RacedStory } from './tell.ts';
import { script } from './script.ts';
import { live, type RaceOutcome } from './world.ts';

export interface Raced {
  steps: number;
  stories: number;
  /** The smallest story found that breaks a rule, told. */
  failure?: string;
}

/** Where the model is: `here`, in the service, or `elsewhere`, in a harness. */
export const WORLDS = ['here', 'elsewhere'] as const;
export type WorldName = (typeof WORLDS)[number];

export const isWorld = (word: string): word is WorldName =>
  (WORLDS as readonly string[]).includes(word);

interface World<S> {
  script: fc.Arbitrary<S>;
  live(script: S, watch?: (story: RacedStory) => void): RaceOutcome;
}

const BATCH = 200;

/** @param progress is called every few hundred stories, with the steps so far */
export function race(
  { world, steps, seed }: { world: WorldName; steps: number; seed: number },
  progress: (steps: number) => void = () => {},
): Raced {
  return world === 'here'
    ? raceIn({ script, live }, { steps, seed, progress })
    : raceIn({ script: externalScript, live: liveElsewhere }, { steps, seed, progress });
}

function raceIn<S>(
  world: World<S>,
  { steps: wanted, seed, progress }: { steps: number; seed: number; progress(steps: number): void },
): Raced {
  let [steps, stories] = [0, 0];
  while (steps < wanted) {
    const property = fc.property(world.script, (given) => void (steps += world.live(given).steps));
    const batch = seed + stories / BATCH;
    const found = fc.check(property, { seed: batch, numRuns: BATCH });
    stories += BATCH;
    if (found.failed) {
      const smallest = found.counterexample![0];
      return { steps, stories, failure: `seed ${batch}\n${tell(smallest, world.live)}` };
    }
    progress(steps);
  }
  return { steps, stories };
}
