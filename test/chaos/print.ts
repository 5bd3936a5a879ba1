/** A run, for a person: the report, and what only the run itself knows. */
import { columns, print, timeRow } from './check/print.ts';
import type { CheckReport } from './check/report.ts';
import { spreadOf } from './check/spread.ts';
import type { ChaosRun } from './run.ts';

const MOST_SURPRISES = 50;

export function printRun(report: CheckReport, { surprises, restarts, seconds }: ChaosRun): string {
  return [
    '',
    `In ${seconds} s:`,
    print(report, 50),
    '',
    columns([timeRow('from a worker that is ready again until it speaks', spreadOf(restarts))]),
    ...surprises.slice(0, MOST_SURPRISES).map((words) => `! surprise: ${words}`),
  ].join('\n');
}
