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
    if (key === undefined) continue;
    const resetOf = (id: string) => undone.find(({ calls }) => calls.includes(id));
    const ids = [...new Set(lines.map(({ call_id }) => call_id))];
    const words = (pair: string[]) => {
      const [first, again] = ids.filter((id) => pair.includes(id));
      return `${key} was done by ${first} and again by ${again}.`;
    };
    // A call that a reset removed may have been frozen, and take its first step after the other one.
    const [kept, ...others] = ids.filter((id) => !resetOf(id));
    for (const other of others)
      findings.push({ count: 'doubled_effects', seqs: [], words: words([kept!, other]) });
    const removed = ids.filter(resetOf);
    const one = kept ?? removed.shift()!;
    for (const id of removed) {
      const { conversation } = resetOf(id)!;
      excused.push({ conversation, seqs: [], words: words([one, id]), why: ASKED_AGAIN });
    }
  }
  return { findings, excused };
}
