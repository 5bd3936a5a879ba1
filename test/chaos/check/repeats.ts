/**
 * Tools that run in a worker and whose effects have no keys: which of their steps may stand in the ledger twice. A step and the
 * checkpoint after it are two things, and a process can be taken away between them.
 */
import type { FaultEvidence, LedgerLine } from '../evidence.ts';
import { leavesTemporalFor, takesWorker } from './causes.ts';
import { REPEATED, WOKEN } from './excuses.ts';

/** A checkpoint is safe this long after its step: a beat each second, and a machine that has much to do. Milliseconds. */
export const UNSAVED_MS = 2_500;

/** A worker that cannot reach Temporal stops its tools before Temporal gives them to another: after 5 seconds. Milliseconds. */
export const CUT_OFF_MS = 6_000;

/** What was due when a process was stopped happens this soon when it goes on. Milliseconds. */
export const WAKES_MS = 2_000;

/** @param own all lines of the call. @returns undefined: there is no reason */
export function whyRepeated(
  first: LedgerLine,
  again: LedgerLine,
  own: LedgerLine[],
  faults: FaultEvidence[],
): string | undefined {
  // A single process has no excuse: it knows what it runs.
  if (again.restart !== 'resume' || first.pid === again.pid) return undefined;
  if (faults.some((fault) => loses(fault, first))) return REPEATED;
  return [first, again].some((line) => isWaking(line, own, faults)) ? WOKEN : undefined;
}

/** Whether this fault came between what was done and the moment at which Temporal knew of it. */
export function loses(fault: FaultEvidence, { pid, at }: LedgerLine): boolean {
  const since = at - fault.at;
  if (takesWorker(fault) && fault.pids!.includes(pid)) return since > -UNSAVED_MS && since < 100;
  return leavesTemporalFor(fault, pid) && since > -UNSAVED_MS && since < CUT_OFF_MS;
}

/**
 * What a tool did while it was running a second time. One that is frozen, or cut off from Temporal, cannot know of the other for
 * a moment.
 */
export function besideAnother(own: LedgerLine[], faults: FaultEvidence[]): LedgerLine[] {
  const bodies = [...Map.groupBy(own, ({ body }) => body)].filter(([body]) => body !== undefined);
  // One whose only step was due when its process was stopped began long before, and does nothing more.
  const begins = bodies.map(
    ([, lines]) => lines.find((line) => !isWaking(line, own, faults))?.at ?? Infinity,
  );
  return bodies.flatMap(([, lines], i) => {
    const another = Math.min(...begins.slice(i + 1));
    return lines.filter(
      (line) => line.at > another && !isWaking(line, own, faults) && !isCutOff(line, faults),
    );
  });
}

const isCutOff = ({ pid, at }: LedgerLine, faults: FaultEvidence[]) =>
  faults.some(
    (fault) => leavesTemporalFor(fault, pid) && at > fault.at && at < fault.at + CUT_OFF_MS,
  );

/** The first thing that a process does for a call after it was stopped. */
export function isWaking(line: LedgerLine, own: LedgerLine[], faults: FaultEvidence[]): boolean {
  const { pid, at } = line;
  return faults.some(({ kind, pids, until }) => {
    if (kind !== 'freeze' || until === undefined || !pids?.includes(pid)) return false;
    const first = own.find((other) => other.pid === pid && other.at >= until);
    return first === line && at < until + WAKES_MS;
  });
}
