/** What an evaluation found, for a person and for a script. */
import { CHECKS } from './checks.ts';
import { isPassed, type EvalOutcome } from './evaluate.ts';

/** The last line of a run. */
export interface Summary {
  eval: true;
  model: string;
  /** Scenarios played, each run counted. */
  scenarios: number;
  passed: number;
  failed: number;
  failures: { scenario: string; run: number; check: string }[];
}

export function summarise(model: string, outcomes: readonly EvalOutcome[]): Summary {
  const passed = outcomes.filter(isPassed).length;
  return {
    eval: true,
    model,
    scenarios: outcomes.length,
    passed,
    failed: outcomes.length - passed,
    failures: failuresIn(outcomes).map(({ scenario, run, check }) => ({ scenario, run, check })),
  };
}

/** A table of the scenarios, and one of each example, whose checks are its own. */
export function tables(outcomes: readonly EvalOutcome[]): string {
  const [steered, own] = [false, true].map((isOwn) =>
    outcomes.filter(({ checks }) => hasOwn(checks) === isOwn),
  );
  const each = [...Map.groupBy(own!, ({ scenario }) => scenario).values()].map((runs) => {
    const names = runs.flatMap(({ checks }) => checks.map(({ check }) => check));
    return table(runs, [...new Set(names)]);
  });
  return [...(steered!.length > 0 ? [table(steered!)] : []), ...each].join('\n\n');
}

const hasOwn = (checks: EvalOutcome['checks']) =>
  checks.some(({ check }) => check !== 'played' && !Object.hasOwn(CHECKS, check));

/** A row for each scenario, a column for each check: passed out of all runs, or `–` where it is not asked. */
export function table(
  outcomes: readonly EvalOutcome[],
  columns = ['played', ...Object.keys(CHECKS)],
): string {
  const rows = [...Map.groupBy(outcomes, ({ scenario }) => scenario)].map(([scenario, runs]) => [
    scenario,
    ...columns.map((column) => {
      const asked = runs.flatMap(({ checks }) => checks.filter(({ check }) => check === column));
      if (asked.length === 0) return '–';
      return `${asked.filter(({ problems }) => problems.length === 0).length}/${asked.length}`;
    }),
  ]);
  const lines = [['scenario', ...columns], ...rows];
  const widths = lines[0]!.map((_, at) => Math.max(...lines.map((line) => line[at]!.length)));
  return lines
    .map((line) =>
      line
        .map((cell, at) => cell.padEnd(widths[at]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Each failed check with why. Empty where nothing failed. */
export function explain(outcomes: readonly EvalOutcome[]): string {
  return failuresIn(outcomes)
    .map(({ scenario, run, conversation, check, problems }) =>
      [`✗ ${scenario}, run ${run}: ${check} (${conversation})`, ...problems].join('\n    '),
    )
    .join('\n');
}

function failuresIn(outcomes: readonly EvalOutcome[]) {
  return outcomes.flatMap(({ checks, ...play }) =>
    checks
      .filter(({ problems }) => problems.length > 0)
      .map(({ check, problems }) => ({ ...play, check, problems })),
  );
}
