/** How a property is tried: bounded in time, and with a report that can be read. */
import fc from 'fast-check';
import { cut } from '../../contract/stored.ts';

export interface Effort {
  runs: number;
  seed: number;
  /** No further run begins after this. Milliseconds. */
  most_ms: number;
}

/** @returns how many runs there were @throws Error with seed and path of the smallest input that fails */
export async function holds<T>(
  door: string,
  input: fc.Arbitrary<T>,
  check: (input: T) => Promise<void>,
  { runs, seed, most_ms }: Effort,
): Promise<number> {
  const found = await fc.check(fc.asyncProperty(input, check), {
    numRuns: runs,
    seed,
    interruptAfterTimeLimit: most_ms,
    markInterruptAsFailure: false,
  });
  if (!found.failed) return found.numRuns;
  const [smallest] = found.counterexample ?? [];
  const { counterexamplePath: path, errorInstance: error } = found;
  const shown = cut(fc.stringify(smallest), 0, 3_000);
  const why = error instanceof Error ? cut(error.stack ?? error.message, 0, 3_000) : String(error);
  throw new Error(`${door} (seed ${seed}, path ${path}): ${why}\nwith ${shown}`, { cause: error });
}
