/** The examples as scenarios: each in a process of its own, with a service, tools and surroundings of its own. */
import { execa } from 'execa';
import { z } from 'zod';
import type { EvalOutcome } from './evaluate.ts';

export interface ExampleRuns {
  /** Names of examples. */
  examples: readonly string[];
  runs: number;
  patience_ms: number;
  onOutcome?: (outcome: EvalOutcome) => void;
}

/** One after the other: each has a whole service. The model is that of the environment. */
export async function playExamples({
  examples,
  runs,
  patience_ms,
  onOutcome,
}: ExampleRuns): Promise<EvalOutcome[]> {
  const outcomes: EvalOutcome[] = [];
  for (const example of examples) {
    for (let run = 1; run <= runs; run++) {
      const outcome = { scenario: example, run, ...(await playOnce(example, patience_ms)) };
      outcomes.push(outcome);
      onOutcome?.(outcome);
    }
  }
  return outcomes;
}

/** @throws Error with what it said, if it could not be started */
async function playOnce(example: string, patience_ms: number) {
  const options = ['--json', '--patience', String(Math.ceil(patience_ms / 1_000))];
  const { stdout, all } = await execa(process.execPath, ['examples/main.ts', example, ...options], {
    reject: false,
    all: true,
  });
  const last = lastLine.safeParse(jsonOf(stdout.split('\n').at(-1)!));
  if (!last.success) throw new Error(`The example ${example} could not be played:\n${all}`);
  const { conversation, checks } = last.data;
  return { conversation, checks };
}

const lastLine = z.object({
  conversation: z.string(),
  checks: z.array(z.object({ check: z.string(), problems: z.array(z.string()) })),
});

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
