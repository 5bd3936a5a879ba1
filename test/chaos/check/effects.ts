/** The ledger of real side effects against the calls that may have had them. */
import type { Evidence, LedgerLine } from '../evidence.ts';
import { endedAt } from './causes.ts';
import { WOKEN } from './excuses.ts';
import { besideAnother, isWaking, loses, whyRepeated } from './repeats.ts';
import type { Excused, Finding, Verdict } from './report.ts';
import type { CallTrace, Trace } from './trace.ts';
import { doneByAnother } from './wishes.ts';

/**
 * A call that was cancelled or has failed is over in the log before its program is: it is told to stop, gets its grace, and if
 * its worker has just been killed the next one tells it. Milliseconds.
 */
export const TIME_TO_STOP_MS = 60_000;

/** What an operator has ended or reset says nothing itself: somebody has to find it so, and then to stop what runs. Milliseconds. */
export const TIME_TO_FIND_MS = 30_000;

/** The programs' clock against that of the Temporal server. Milliseconds. */
const CLOCKS_MS = 1_000;

export function doubledEffects(evidence: Evidence, traces: Trace[]): Verdict {
  const { ledger, faults } = evidence;
  const calls = new Map(
    traces.flatMap((trace) => [...trace.calls.values()].map((call) => [call.id, { call, trace }])),
  );
  const findings: Finding[] = [];
  const excused: Excused[] = [];
  for (const [id, lines] of Map.groupBy(ledger, ({ call_id }) => call_id)) {
    const found = calls.get(id);
    const conversation = found?.trace.id;
    const report = (seqs: number[], words: string) =>
      findings.push({ count: 'doubled_effects', conversation, seqs, words });
    for (const [effect, same] of Map.groupBy(lines, ({ effect }) => effect)) {
      if (same.length < 2) continue;
      const pids = same.map(({ pid }) => pid).join(', ');
      const words = `"${effect}" of ${id} (${same[0]!.tool}) happened ${same.length} times, by process ${pids}.`;
      const reasons = same.slice(1).map((again, i) => whyRepeated(same[i]!, again, lines, faults));
      if (reasons.includes(undefined)) report([], words);
      else excused.push(...reasons.map((why) => ({ conversation, seqs: [], words, why: why! })));
    }
    const [beside] = besideAnother(lines, faults);
    if (beside)
      report(
        [],
        `${id} (${beside.tool}) ran twice at once: "${beside.effect}" by process ${beside.pid} came after another had begun.`,
      );
    const processes = [...new Set(lines.map(({ pid }) => pid))];
    if (processes.length > 1 && lines[0]!.restart === 'fail')
      report(
        [],
        `${id} (${lines[0]!.tool}) must not be continued, and ran in processes ${processes.join(', ')}.`,
      );
    const end = found?.call.ends[0];
    if (end?.kind === 'call.failed' && end.error.type === 'WorkerLost') {
      const all = lines.find(({ effect, restart }) => effect === 'done' && restart);
      const since = all && Date.parse(end.at) - all.at;
      // That it had ended could not be told: then it is not known how far it came.
      const isUntold = all && faults.some((fault) => loses(fault, all));
      if (since && since > 0 && !isUntold)
        report(
          [end.seq],
          `${id} (${all.tool}) had finished ${since} ms before it failed as WorkerLost.`,
        );
    }
    const whyOf = (own: LedgerLine[]) =>
      found
        ? whyWrong(found.call, own, { ...evidence, conversation: found.trace.id })
        : whyUnknown(id, own, traces);
    const wrong = whyOf(lines.filter((line) => !isWaking(line, lines, faults)));
    const onlyWaking = !wrong && whyOf(lines);
    const had = `${id} had an effect,`;
    if (wrong) report(found?.call.ends.map(({ seq }) => seq) ?? [], `${had} ${wrong}.`);
    else if (onlyWaking && !excused.some(({ why, words }) => why === WOKEN && words.includes(id)))
      excused.push({ conversation, seqs: [], words: `${had} ${onlyWaking}.`, why: WOKEN });
  }
  const wishes = doneByAnother(ledger, traces);
  return {
    findings: [...findings, ...wishes.findings],
    excused: [...excused, ...wishes.excused],
  };
}

/** Undefined: these effects may be. */
function whyWrong(
  { id, started, ends }: CallTrace,
  lines: LedgerLine[],
  { faults, conversations, conversation }: Evidence & { conversation: string },
): string | undefined {
  const end = ends[0];
  const { undone = [], cancelled = [] } = conversations.find((each) => each.id === conversation)!;
  const reset = undone.findLast(({ calls }) => calls.includes(id));
  if (started.length === 0) {
    return reset
      ? late(lines, reset.at, TIME_TO_FIND_MS, 'reset')
      : `but it was never started (${end?.kind ?? 'it has no end'})`;
  }
  const gone = endedAt(faults, { conversation, call_id: id });
  const wrong = gone && late(lines, gone, TIME_TO_FIND_MS, 'end by an operator');
  if (wrong || !end) return wrong || undefined;
  const ended = Date.parse(end.at);
  if (end.kind === 'call.failed' && end.error.type === 'WorkerLost') {
    // A worker that is called lost has stopped the tool.
    const inWorker = lines.filter(({ restart }) => restart);
    return late(inWorker, ended, CLOCKS_MS, end.kind);
  }
  if (end.kind === 'call.completed') return late(lines, ended, CLOCKS_MS, end.kind);
  // Nothing is cancelled before the log says so, and what is to be written may have to wait.
  const told = cancelled.find((each) => each.call_id === id)?.at ?? ended;
  return late(lines, Math.max(ended, told), TIME_TO_STOP_MS, end.kind);
}

function late(lines: LedgerLine[], over: number, allowed: number, what: string) {
  const line = lines.find(({ at }) => at > over + allowed);
  return line && `"${line.effect}" ${line.at - over} ms after its ${what}`;
}

/** A call that a reset has taken out of the log is stopped soon. */
function whyUnknown(id: string, lines: LedgerLine[], traces: Trace[]): string | undefined {
  const undone = traces.flatMap(({ evidence }) => evidence.undone ?? []);
  const reset = undone.findLast(({ calls }) => calls.includes(id));
  return reset ? late(lines, reset.at, TIME_TO_FIND_MS, 'reset') : 'and is in no log';
}
