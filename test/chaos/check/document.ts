/** docs/reliability.md has one place for the figures of a kept run; nothing there is written by hand. */
import type { Evidence } from '../evidence.ts';
import { closingLine, sizeInWords, table } from './print.ts';
import type { CheckReport } from './report.ts';

const [BEGIN, END] = ['<!-- run -->', '<!-- /run -->'];

/** @returns the document with the run in its place */
export function documentRun(document: string, evidence: Evidence, report: CheckReport): string {
  const [from, to] = [document.indexOf(BEGIN), document.indexOf(END)];
  if (from === -1 || to < from) throw new Error(`The document has no ${BEGIN} … ${END}.`);
  const why = [...Map.groupBy(report.excused, (excused) => excused.why)].map(
    ([reason, own]) => `- ${own.length} × ${reason}`,
  );
  const run = [
    `Seed ${evidence.seed}, ${evidence.faults.length} faults: ${sizeInWords(report)}`,
    table(report),
    ...(why.length > 0 ? [`Excused:\n\n${why.join('\n')}`] : []),
    `\`\`\`json\n${closingLine(evidence, report)}\n\`\`\``,
  ];
  return `${document.slice(0, from + BEGIN.length)}\n${run.join('\n\n')}\n${document.slice(to)}`;
}
