/** Calls and replies that failed. Each needs a reason: what the model asked for was wrong, or a fault took what it ran on. */
import type { EntryOf } from '../../../contract/entry.ts';
import type { Evidence, FaultEvidence } from '../evidence.ts';
import { beganAt } from './began.ts';
import { ANSWERS, type FailureExcuse, FAILURES, OF_THE_MODEL } from './excuses.ts';
import type { Excused, Finding, Verdict } from './report.ts';
import { only, reporter, type Trace } from './trace.ts';

interface FailedCall {
  conversation: string;
  started_at: number;
  entry: EntryOf<'call.failed'>;
}

export function failedCalls(evidence: Evidence, traces: Trace[]): Verdict {
  const { faults } = evidence;
  const failed = traces.flatMap(({ id, entries, calls }): FailedCall[] =>
    only(entries, 'call.failed').map((entry) => {
      const call = calls.get(entry.call_id);
      const started_at = (call && beganAt(call, evidence)) ?? Date.parse(entry.at);
      return { conversation: id, started_at, entry };
    }),
  );
  const findings: Finding[] = [];
  const excused: Excused[] = [];
  /** Faults that have cost the one call that they can cost. */
  const spent = new Set<FaultEvidence>();
  for (const { conversation, started_at, entry } of failed) {
    const { call_id, error, seq } = entry;
    if (ANSWERS.has(error.type)) continue;
    const words = `${call_id} failed as ${error.type}: ${error.message.slice(0, 200)}`;
    const where = { conversation, seqs: [seq] };
    const excuse = FAILURES.find((each) => each.error === error.type);
    const cause = excuse && causeOf(excuse, { conversation, started_at, entry }, faults, spent);
    if (cause && excuse.costs === 'one call' && !cause.operation) spent.add(cause);
    if (cause) excused.push({ ...where, words, why: excuse.why });
    else {
      const lack = excuse?.needs ?? 'and the run gave no reason for it';
      findings.push({ ...where, count: 'broken_rules', words: `${words} (${lack})` });
    }
  }
  return { findings, excused };
}

/** The model of a run never fails. A reply fails for what its server says, or for a reason that the service alone knows. */
export function failedReplies(trace: Trace): Finding[] {
  const { findings, report } = reporter(trace, 'broken_rules');
  for (const { seq, reply_id, error } of only(trace.entries, 'reply.failed')) {
    if (OF_THE_MODEL.test(error.type)) continue;
    const words = `${reply_id} failed as ${error.type}: ${error.message.slice(0, 200)}`;
    report([seq], `${words} (and the run gave no reason for it)`);
  }
  return findings;
}

function causeOf(
  { by, within_ms = Infinity }: FailureExcuse,
  { conversation, started_at, entry: { call_id, at } }: FailedCall,
  faults: FaultEvidence[],
  spent: Set<FaultEvidence>,
): FaultEvidence | undefined {
  const failed_at = Date.parse(at);
  return faults.find(
    (fault) =>
      !spent.has(fault) &&
      by(fault, { conversation, call_id, started_at, failed_at }) &&
      (within_ms === Infinity ||
        (failed_at >= fault.at && failed_at <= (fault.until ?? fault.at) + within_ms)),
  );
}
