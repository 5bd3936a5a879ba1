/** What a user wanted once and two calls did. */
import type { LedgerLine } from '../evidence.ts';
import { ASKED_AGAIN } from './excuses.ts';
import type { Excused, Finding, Verdict } from './report.ts';
import type { Trace } from './trace.ts';

export function doneByAnother(ledger: LedgerLine[], traces: Trace[]): Verdict {
  const findings: Finding[] = [];
  const excused: Excused[] = [];
  const undone = traces.flatMap(({ evidence, id }) =>
    (evidence.undone ?? []).map((reset) => ({ ...reset, conversation: id })),
  );
  for (const [key, lines] of Map.groupBy(ledger, ({ key }) => key)) {
    const [first, ...others] = new Set(lines.map(({ call_id }) => call_id));
    if (key === undefined || first === undefined) continue;
    for (const other of others) {
      const reset = undone.find(({ calls }) => calls.includes(first));
      const words = `${key} was done by ${first} and again by ${other}.`;
      const where = { conversation: reset?.conversation, seqs: [], words };
      if (reset) excused.push({ ...where, why: ASKED_AGAIN });
      else findings.push({ ...where, count: 'doubled_effects' });
    }
  }
  return { findings, excused };
}
