/** Plays scenarios against a service and checks each of them. */
import { CHECKS } from './checks.ts';
import { type PlayedConversation, converse, NotPlayed, type EvalContext } from './conversation.ts';
import type { Scenario } from './scenarios/scenario.ts';

/** One scenario, played once. */
export interface EvalOutcome {
  scenario: string;
  /** 1, 2, 3 … */
  run: number;
  conversation: string;
  checks: CheckOutcome[];
}

/** `played`: the script could be played to its end; where it could not, nothing else is checked. */
export interface CheckOutcome {
  /** One of CHECKS, or of an example's own. */
  check: string;
  /** Lines that say why. Empty: passed. */
  problems: string[];
}

export interface Evaluation extends EvalContext {
  scenarios: readonly Scenario[];
  /** How often each. */
  runs: number;
  /** Conversations at once. */
  parallel: number;
  onOutcome?: (outcome: EvalOutcome) => void;
}

/** @returns in the order of the scenarios, and of the runs of each */
export async function evaluate(evaluation: Evaluation): Promise<EvalOutcome[]> {
  const { scenarios, runs, parallel, onOutcome } = evaluation;
  const plays = scenarios.flatMap((scenario) =>
    Array.from({ length: runs }, (_, index) => ({ scenario, run: index + 1 })),
  );
  const outcomes: EvalOutcome[] = [];
  const waiting = [...plays.entries()];
  async function playOn(): Promise<void> {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [place, { scenario, run }] = next;
      const outcome = await play(evaluation, scenario, run);
      outcomes[place] = outcome;
      onOutcome?.(outcome);
    }
  }
  await Promise.all(Array.from({ length: parallel }, playOn));
  return outcomes;
}

export const isPassed = ({ checks }: EvalOutcome) =>
  checks.every(({ problems }) => problems.length === 0);

async function play(around: EvalContext, scenario: Scenario, run: number): Promise<EvalOutcome> {
  const conversation = await converse(around, scenario);
  const outcome = { scenario: scenario.name, run, conversation: conversation.id };
  try {
    await scenario.play(conversation);
    return {
      ...outcome,
      checks: [{ check: 'played', problems: [] }, ...checked(scenario, conversation)],
    };
  } catch (error) {
    if (!(error instanceof NotPlayed)) throw error;
    return { ...outcome, checks: [{ check: 'played', problems: [error.message] }] };
  } finally {
    await conversation.close();
  }
}

function checked({ checks }: Scenario, conversation: PlayedConversation): CheckOutcome[] {
  const played = conversation.played();
  return checks.map((check) => ({ check, problems: CHECKS[check](played) }));
}
