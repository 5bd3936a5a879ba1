/**
 * The independent checker of a chaos run. It knows what a conversation's log has to look like, and nothing of the code that
 * writes it: a fault there must not hide here.
 */
import type { Evidence } from '../evidence.ts';
import { doubledEntries } from './doubled.ts';
import { doubledEffects } from './effects.ts';
import { programsLeft, stuck, unendedCalls } from './ends.ts';
import { failedCalls } from './failures.ts';
import { lostMessages, unheardMessages } from './messages.ts';
import { missingEntries } from './missing.ts';
import { lostNews } from './news.ts';
import { type Count, COUNTS, type Finding, type Report, type Size } from './report.ts';
import { outputWaits, recoveryOf } from './spread.ts';
import { only, type Trace, traceOf } from './trace.ts';
import { brokenRules } from './turns.ts';

export function check(evidence: Evidence): Report {
  const traces = evidence.conversations.map(traceOf);
  const failed = failedCalls(evidence, traces);
  const findings = [
    ...lostMessages(evidence, traces),
    ...traces.flatMap((trace) => [...unheardMessages(evidence, trace), ...inTrace(trace)]),
    ...doubledEffects(evidence, traces),
    ...programsLeft(evidence),
    ...failed.findings,
  ];
  return {
    counts: countsOf(findings),
    findings,
    excused: failed.excused,
    recovery: recoveryOf(evidence),
    output_waits: outputWaits(evidence, traces),
    size: sizeOf(evidence, traces),
  };
}

const inTrace = (trace: Trace): Finding[] =>
  [lostNews, missingEntries, doubledEntries, unendedCalls, stuck, brokenRules].flatMap((look) =>
    look(trace),
  );

function countsOf(findings: Finding[]): Report['counts'] {
  const counts = Object.fromEntries(Object.keys(COUNTS).map((count) => [count, 0]));
  for (const { count } of findings) counts[count]! += 1;
  return counts as Record<Count, number>;
}

function sizeOf({ ledger, kills }: Evidence, traces: Trace[]): Size {
  const entries = traces.flatMap((trace) => trace.entries);
  const perMoment = [...Map.groupBy(kills, ({ target }) => target)].map(
    ([target, own]) => [target, tally(own.map(({ moment }) => moment))] as const,
  );
  return {
    conversations: traces.length,
    messages: only(entries, 'message.user').length,
    entries: entries.length,
    calls: only(entries, 'call.requested').length,
    effects: ledger.length,
    kills: Object.fromEntries(perMoment),
    failures: tally(only(entries, 'call.failed').map(({ error }) => error.type)),
  };
}

const tally = (words: string[]) =>
  Object.fromEntries(
    [...Map.groupBy(words, (word) => word)].map(([word, all]) => [word, all.length]),
  );
