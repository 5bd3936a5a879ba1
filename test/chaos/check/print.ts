/** A report for a person: what the run was, what was counted, and every finding in words. */
import type { Evidence } from '../evidence.ts';
import { type Count, COUNTS, type Finding, type CheckReport, type Spread } from './report.ts';

/** @param most findings of one count that are written out */
export function print(report: CheckReport, most = 20): string {
  return [sizeInWords(report), '', table(report), ...findingsInWords(report, most)].join('\n');
}

/** The last line of a run: its figures, as JSON. */
export function closingLine(
  { seed, faults }: Evidence,
  { counts, excused, recovery, size }: CheckReport,
): string {
  const { broken_rules: _, ...fixed } = counts;
  return JSON.stringify({
    chaos: true,
    kills: faults.length,
    kinds: size.kinds,
    seed,
    ...fixed,
    excused: excused.length,
    recovery_p50_ms: recovery.all.p50 ?? null,
    recovery_p95_ms: recovery.all.p95 ?? null,
  });
}

/** Markdown, which is readable as it is. */
export function table({ counts, excused, recovery, output_waits, size }: CheckReport): string {
  const rows = [
    ['counted', 'what', 'found'],
    ['---', '---', '---'],
    ...Object.entries(COUNTS).map(([count, what]) => [count, what, `${counts[count as Count]}`]),
    ['excused', 'faults that cannot be avoided, each with its reason', `${excused.length}`],
  ];
  const times = [
    ['time in ms', 'samples', 'p50', 'p95'],
    ['---', '---', '---', '---'],
    ...Object.entries(recovery.after)
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([fault, spread]) => timeRow(`back after ${fault}`, spread)),
    timeRow('back after any fault', recovery.all),
    timeRow('output of a program waits', output_waits),
  ];
  const faults = [
    ['fault', 'target', 'moment', 'count'],
    ['---', '---', '---', '---'],
    ...size.faults.map(({ kind, target, moment, count }) => [kind, target, moment, `${count}`]),
  ];
  return [rows, times, faults].map(columns).join('\n\n');
}

export function sizeInWords({ size }: CheckReport): string {
  const failures = Object.entries(size.failures).map(([type, count]) => `${count} ${type}`);
  const failed = failures.length > 0 ? `; calls that failed: ${failures.join(', ')}` : '';
  const quick = size.quick > 0 ? ` (${size.quick} without a workflow)` : '';
  return (
    `${size.conversations} conversations, ${size.messages} messages, ${size.entries} entries, ` +
    `${size.calls} calls${quick}, ${size.effects} side effects${failed}.`
  );
}

function findingsInWords({ findings, excused }: CheckReport, most: number): string[] {
  const found = [...Map.groupBy(findings, ({ count }) => count)].flatMap(([count, own]) => [
    '',
    `${count}: ${own.length}`,
    ...own.slice(0, most).map((finding) => `  ${place(finding)}${finding.words}`),
    ...(own.length > most ? [`  … and ${own.length - most} more`] : []),
  ]);
  const reasons = [...Map.groupBy(excused, ({ why }) => why)].flatMap(([why, own]) => [
    `  ${own.length} × ${why}`,
    ...own.slice(0, most).map((each) => `    ${place(each)}${each.words}`),
  ]);
  return [...found, ...(reasons.length > 0 ? ['', `excused: ${excused.length}`, ...reasons] : [])];
}

function place({ conversation, seqs }: Pick<Finding, 'conversation' | 'seqs'>): string {
  const where = [conversation, ...seqs.map((seq) => `#${seq}`)].filter(Boolean);
  return where.length > 0 ? `${where.join(' ')}: ` : '';
}

export const timeRow = (what: string, { samples, p50, p95 }: Spread) => [
  what,
  `${samples}`,
  `${p50 === undefined ? '–' : Math.round(p50)}`,
  `${p95 === undefined ? '–' : Math.round(p95)}`,
];

export function columns(rows: string[][]): string {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  return rows
    .map((row) => {
      const fill = row[0] === '---' ? '-' : ' ';
      return `| ${row.map((cell, i) => cell.padEnd(widths[i]!, fill)).join(' | ')} |`;
    })
    .join('\n');
}
