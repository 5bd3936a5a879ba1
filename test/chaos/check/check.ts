/**
 * The independent checker of a chaos run. It knows what a conversation's log has to look like, and nothing of the code that
 * writes it: a fault there must not hide here.
 */
import { type Evidence, type FaultEvidence, KINDS } from '../evidence.ts';
import { doubledEntries } from './doubled.ts';
import { doubledEffects } from './effects.ts';
import { programsLeft, stuck, unendedCalls } from './ends.ts';
import { failedCalls, failedReplies } from './failures.ts';
import { harnessNews } from './harnesses.ts';
import { lostMessages, unheardMessages } from './messages.ts';
import { missingEntries, unsaidResets } from './missing.ts';
import { lostNews, unheardNews } from './news.ts';
import { type Count, COUNTS, type Finding, type CheckReport, type Size } from './report.ts';
import { outputWaits, recoveryOf } from './spread.ts';
import { only, type Trace, traceOf } from './trace.ts';
import { brokenRules } from './turns.ts';
import { upstreamRuns } from './upstream.ts';

export function check(evidence: Evidence): CheckReport {
  const traces = evidence.conversations.map(traceOf);
  const verdicts = [
    lostMessages(evidence, traces),
    ...traces.map((trace) => unheardMessages(evidence, trace)),
    ...traces.map((trace) => unheardNews(evidence, trace)),
    doubledEffects(evidence, traces),
    failedCalls(evidence, traces),
    upstreamRuns(evidence, traces),
    harnessNews(evidence, traces),
  ];
  const findings = [
    ...verdicts.flatMap((verdict) => verdict.findings),
    ...traces.flatMap((trace) => [...inTrace(trace), ...unsaidResets(evidence, trace)]),
    ...programsLeft(evidence),
  ];
  return {
    counts: countsOf(findings),
    findings,
    excused: verdicts.flatMap((verdict) => verdict.excused),
    recovery: recoveryOf(evidence),
    output_waits: outputWaits(evidence, traces),
    size: sizeOf(evidence, traces),
  };
}

const inTrace = (trace: Trace): Finding[] =>
  [
    lostNews,
    missingEntries,
    doubledEntries,
    unendedCalls,
    stuck,
    brokenRules,
    failedReplies,
  ].flatMap((look) => look(trace));

function countsOf(findings: Finding[]): CheckReport['counts'] {
  const counts = Object.fromEntries(Object.keys(COUNTS).map((count) => [count, 0]));
  for (const { count } of findings) counts[count]! += 1;
  return counts as Record<Count, number>;
}

function sizeOf({ ledger, faults }: Evidence, traces: Trace[]): Size {
  const entries = traces.flatMap((trace) => trace.entries);
  const place = ({ kind, target, moment }: FaultEvidence) => [kind, target, moment].join(' | ');
  const places = [...Map.groupBy(faults, place).values()].map((own) => {
    const { kind, target, moment } = own[0]!;
    return { kind, target, moment, count: own.length };
  });
  const ofKind = (kind: string) => faults.filter((fault) => fault.kind === kind).length;
  return {
    conversations: traces.length,
    messages: only(entries, 'message.user').length,
    entries: entries.length,
    calls: only(entries, 'call.requested').length,
    quick: traces.flatMap(({ calls }) => [...calls.values()].filter((call) => call.isQuick)).length,
    effects: ledger.length,
    kinds: Object.fromEntries(KINDS.map((kind) => [kind, ofKind(kind)])) as Size['kinds'],
    faults: places.sort((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind)),
    failures: tally(only(entries, 'call.failed').map(({ error }) => error.type)),
  };
}

const tally = (words: string[]) =>
  Object.fromEntries(
    [...Map.groupBy(words, (word) => word)].map(([word, all]) => [word, all.length]),
  );
