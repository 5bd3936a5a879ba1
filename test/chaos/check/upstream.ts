/** The ledgers of MCP servers against the calls that may have reached them. */
import type { Entry, EntryOf } from '../../../contract/entry.ts';
import type { Evidence, FaultEvidence, UpstreamLine } from '../evidence.ts';
import { beganAt } from './began.ts';
import { losesUpstream } from './causes.ts';
import { TIME_TO_STOP_MS } from './effects.ts';
import { UNDONE } from './excuses.ts';
import type { Count, Excused, Finding, Verdict } from './report.ts';
import { type CallTrace, keyOf, type Trace } from './trace.ts';

/** The servers' clock against that of the Temporal server. Milliseconds. */
const CLOCKS_MS = 1_000;
/** How often a call is made whose outcome is lost each time. */
const MOST_ATTEMPTS = 4;

type Report = (seqs: number[], words: string, count?: Count) => void;

export function upstreamRuns(evidence: Evidence, traces: Trace[]): Verdict {
  const { upstream = [], faults } = evidence;
  const findings: Finding[] = [];
  const excused: Excused[] = [];
  const known = Map.groupBy(
    traces.flatMap((trace) => [...trace.calls.values()].map((call) => ({ call, trace }))),
    ({ call }) => keyOf(call),
  );
  const resets = traces.some(({ evidence }) => (evidence.undone ?? []).length > 0);
  for (const [key, lines] of Map.groupBy(upstream, (line) => line.key)) {
    const [own, ...others] = known.get(key) ?? [];
    const conversation = own?.trace.id;
    const report: Report = (seqs, words, count = 'doubled_effects') =>
      findings.push({ count, conversation, seqs, words });
    const runs = new Set(lines.map(({ run }) => run));
    const wasReset = own ? (own.trace.evidence.undone ?? []).length > 0 : resets;
    if (wasReset && (!own || runs.size > 1)) {
      // What a reset took back is asked for again, as another call.
      excused.push({
        conversation,
        seqs: [],
        words: `${key} ran ${runs.size} times.`,
        why: UNDONE,
      });
      continue;
    }
    if (!own) report([], `${key} ran on ${lines[0]!.server}, and is in no log.`);
    if (others.length > 0) report([], `${key} became ${others.length + 1} calls.`);
    repeats(key, lines, { faults, report });
    if (!own) continue;
    const { call } = own;
    ends(call, lines, report);
    if (runs.size === 1) progressOnce(call, lines, report);
  }
  for (const trace of traces) findings.push(...givenUpTooSoon(trace, evidence));
  return { findings, excused };
}

/** A call reaches its server again only if that is harmless, and only after a loss. */
function repeats(
  key: string,
  lines: UpstreamLine[],
  { faults, report }: { faults: FaultEvidence[]; report: Report },
): void {
  const begins = lines.filter(({ does }) => does === 'begins');
  const [first] = begins;
  if (!first || begins.length < 2) return;
  const words = `${key} (${first.server} ${first.tool}) was run ${begins.length} times`;
  if (!first.isRepeatable) return report([], `${words}, though its server does not allow it.`);
  const last = begins.at(-1)!;
  const losses = faults.filter(
    (fault) => losesUpstream(fault) && fault.at > first.at - CLOCKS_MS && fault.at < last.at,
  );
  if (losses.length < begins.length - 1)
    report([], `${words}, and its outcome was lost ${losses.length} times.`);
}

function ends(call: CallTrace, lines: UpstreamLine[], report: Report): void {
  const { id, started, ends } = call;
  const [end] = ends;
  const [line] = lines;
  if (started.length === 0)
    report(
      [],
      `${id} ran on ${line!.server}, but it was never started (${end?.kind ?? 'no end'}).`,
    );
  if (!end) return;
  const late = (allowed: number) => {
    const over = Date.parse(end.at) + allowed;
    const found = lines.find(({ at, does }) => at > over && does === 'step');
    if (found) report([end.seq], `${id} did step ${found.step} ${found.at - over} ms too late.`);
  };
  switch (end.kind) {
    case 'call.completed': {
      late(CLOCKS_MS);
      const said = JSON.stringify(end.result ?? end.stored?.head ?? '');
      const isTrue = lines.some(({ does, run }) => does === 'done' && said.includes(run));
      if (!isTrue)
        report([end.seq], `${id} completed with ${said}, which no run has said.`, 'broken_rules');
      return;
    }
    case 'call.cancelled':
      return late(TIME_TO_STOP_MS);
    case 'call.failed':
      if (end.error.type === 'ServerUnavailable')
        report([end.seq], `${id} is said not to have run, and it did.`, 'broken_rules');
      return;
    default:
      return;
  }
}

/** Of a call that reached its server once: each step is told at most once, and all of them if all are wanted. */
function progressOnce(call: CallTrace, lines: UpstreamLine[], report: Report): void {
  const { id, requested, events, ends } = call;
  const steps = events.flatMap((event) => stepIn(event) ?? []);
  const twice = steps.find((step, nth) => nth > 0 && step <= steps[nth - 1]!);
  if (twice !== undefined)
    report(
      [],
      `Step ${twice} of ${id} was told after step ${steps.join(', ')}.`,
      'doubled_entries',
    );
  if (requested[0]?.report !== 'everything' || ends[0]?.kind !== 'call.completed') return;
  const lost = lines.filter(({ does, step }) => does === 'told' && !steps.includes(step!));
  if (lost.length > 0) {
    const words = lost.map(({ step }) => step).join(', ');
    report([], `${id} told its steps ${words}, and the log does not have them.`, 'lost_news');
  }
}

const stepIn = ({ note }: EntryOf<'call.event'>) => {
  const [, step] = /^step (\d+)$/.exec(note ?? '') ?? [];
  return step === undefined ? undefined : Number(step);
};

/** The outcome of a call that may be repeated is unknown only after as many losses as it has attempts. */
function givenUpTooSoon(trace: Trace, evidence: Evidence): Finding[] {
  return [...trace.calls.values()].flatMap((call): Finding[] => {
    const { id, requested, ends } = call;
    const end = ends.find(isUnknown);
    const isRepeatable = /__(mops|peeks)$/.test(requested[0]?.tool ?? '');
    const began = beganAt(call, evidence);
    if (!end || !isRepeatable || began === undefined) return [];
    const [from, to] = [began - CLOCKS_MS, Date.parse(end.at)];
    const lost = evidence.faults.filter((f) => losesUpstream(f) && f.at > from && f.at < to);
    const losses = lost.length;
    if (losses >= MOST_ATTEMPTS) return [];
    const words = `${id} may be repeated, and was given up after ${losses} losses.`;
    return [{ count: 'broken_rules', conversation: trace.id, seqs: [end.seq], words }];
  });
}

const isUnknown = (entry: Entry) =>
  entry.kind === 'call.failed' && entry.error.type === 'OutcomeUnknown';
