/** The ledger of real side effects against the calls that may have had them. */
import type { Evidence, LedgerLine } from '../evidence.ts';
import type { Finding } from './report.ts';
import type { CallTrace, Trace } from './trace.ts';

/**
 * A call that was cancelled or has failed is over in the log before its program is: it is told to stop, gets its grace, and if
 * its worker has just been killed the next one tells it. Milliseconds.
 */
export const TIME_TO_STOP_MS = 60_000;

/** The programs' clock against that of the Temporal server. Milliseconds. */
const CLOCKS_MS = 1_000;

export function doubledEffects({ ledger }: Evidence, traces: Trace[]): Finding[] {
  const calls = new Map(
    traces.flatMap((trace) => [...trace.calls.values()].map((call) => [call.id, { call, trace }])),
  );
  const findings: Finding[] = [];
  for (const [id, lines] of Map.groupBy(ledger, ({ call_id }) => call_id)) {
    const found = calls.get(id);
    const report = (seqs: number[], words: string) =>
      findings.push({ count: 'doubled_effects', conversation: found?.trace.id, seqs, words });
    for (const [effect, same] of Map.groupBy(lines, ({ effect }) => effect)) {
      if (same.length < 2) continue;
      const pids = same.map(({ pid }) => pid).join(', ');
      report(
        [],
        `"${effect}" of ${id} (${same[0]!.tool}) happened ${same.length} times, by process ${pids}.`,
      );
    }
    const wrong = found ? whyWrong(found.call, lines) : 'which no log knows';
    if (wrong)
      report(found?.call.ends.map(({ seq }) => seq) ?? [], `${id} had an effect, ${wrong}.`);
  }
  return findings;
}

/** Undefined: these effects may be. */
function whyWrong({ started, ends }: CallTrace, lines: LedgerLine[]): string | undefined {
  const end = ends[0];
  if (started.length === 0) return `but it was never started (${end?.kind ?? 'it has no end'})`;
  if (!end) return undefined;
  const allowed = end.kind === 'call.completed' ? CLOCKS_MS : TIME_TO_STOP_MS;
  const ended = Date.parse(end.at);
  const late = lines.find(({ at }) => at > ended + allowed);
  return late && `"${late.effect}" ${late.at - ended} ms after its ${end.kind}`;
}
