/** A run, for a person: what was found, in a table, and the line for scripts. */
import { COUNTS, type Report, type Spread } from './check/report.ts';
import { spreadOf } from './check/spread.ts';
import type { Evidence } from './evidence.ts';
import type { ChaosRun } from './run.ts';

const MOST_FINDINGS = 50;

export function printReport(
  { counts, findings, excused, recovery, output_waits, size }: Report,
  { surprises, restarts, seconds }: ChaosRun,
): string {
  const { kills, failures, ...sizes } = size;
  return [
    '',
    'Killed with -9',
    ...Object.entries(kills).flatMap(([target, moments]) =>
      Object.entries(moments).map(([moment, n]) => row(`  ${target}`, moment, n)),
    ),
    '',
    `In ${seconds} s: ${Object.entries(sizes)
      .map(([what, n]) => `${n} ${what}`)
      .join(', ')}`,
    `Calls that failed: ${
      Object.entries(failures)
        .map(([type, n]) => `${n} ${type}`)
        .join(', ') || 'none'
    }`,
    '',
    'Found',
    ...Object.entries(COUNTS).map(([count, words]) =>
      row(`  ${count}`, words, counts[count as keyof typeof COUNTS]),
    ),
    row('  excused', 'what cannot be zero, with its reason', excused.length),
    '',
    'Milliseconds',
    spreadRow('from any kill until the next entry', recovery.all),
    ...Object.entries(recovery.after).map(([target, spread]) =>
      spreadRow(`  of ${target}`, spread),
    ),
    spreadRow('from a worker ready again until it speaks', spreadOf(restarts)),
    spreadRow("a program's output waits", output_waits),
    '',
    ...findings
      .slice(0, MOST_FINDINGS)
      .map(({ count, conversation, words }) => `! ${count} ${conversation ?? ''}: ${words}`),
    ...surprises.slice(0, MOST_FINDINGS).map((words) => `! surprise: ${words}`),
    ...excused
      .slice(0, MOST_FINDINGS)
      .map(({ conversation, words, why }) => `~ ${conversation}: ${words} ${why}`),
  ].join('\n');
}

/** `broken_rules` has no place of its own there: it is among the entries that should not be. */
export function closingLine(
  { counts, excused, recovery }: Report,
  { kills, seed }: Evidence,
): string {
  const { broken_rules: _, ...zeros } = counts;
  return JSON.stringify({
    chaos: true,
    kills: kills.length,
    seed,
    ...zeros,
    excused: excused.length,
    recovery_p50_ms: recovery.all.p50 ?? null,
    recovery_p95_ms: recovery.all.p95 ?? null,
  });
}

const row = (name: string, words: string, n: number) =>
  `${name.padEnd(20)} ${words.padEnd(60)} ${String(n).padStart(6)}`;

const spreadRow = (words: string, { samples, p50, p95 }: Spread) =>
  `  ${words.padEnd(46)} p50 ${String(p50 ?? '-').padStart(6)}  p95 ${String(p95 ?? '-').padStart(6)}  (${samples})`;
