/** Entries that should be there: in the log, and with a reader who followed the stream. */
import { isDeepStrictEqual } from 'node:util';
import type { Entry } from '../../../contract/entry.ts';
import type { Evidence } from '../evidence.ts';
import type { Finding } from './report.ts';
import { CANCEL_TOOL, isGap, reporter, type Reporter, type Trace } from './trace.ts';

export function missingEntries(trace: Trace): Finding[] {
  const { findings, report } = reporter(trace, 'missing_entries');
  gaps(trace, report);
  halves(trace, report);
  causes(trace, report);
  follower(trace, report);
  return findings;
}

type Report = Reporter['report'];

/**
 * The readers of a log have to learn that its conversation was reset. One that was closed stays closed, whatever is done to it, and
 * one that was ended soon afterwards may never have said so. A reset before the first entry took nothing from anyone.
 */
export function unsaidResets({ faults }: Evidence, { id, entries, closed }: Trace): Finding[] {
  const operations = faults.flatMap(({ operation, at }) =>
    operation?.conversation === id && !operation.call_id ? { ...operation, at } : [],
  );
  const beganAt = entries[0] ? Date.parse(entries[0].at) : Infinity;
  const closedAt = closed ? Date.parse(closed.at) : Infinity;
  const resets = operations.filter(
    ({ does, at, isUnanswered }) =>
      does === 'reset' && !isUnanswered && at >= beganAt && at < closedAt,
  );
  const isEnded = operations.some(({ does }) => does !== 'reset');
  const isSaid = entries.some(({ kind }) => (kind as string) === RESET);
  if (resets.length === 0 || isEnded || isSaid) return [];
  const words = `An operator has reset it, and its log has no ${RESET}.`;
  return [{ count: 'missing_entries', conversation: id, seqs: [], words }];
}

const RESET = 'conversation.reset';

/** Once per gap, however wide. */
function gaps({ entries }: Trace, report: Report): void {
  let last = 0;
  for (const { seq } of entries) {
    if (seq > last + 1)
      report([seq], `The log goes from ${last} to ${seq}: ${seq - last - 1} missing.`);
    last = seq;
  }
}

/** An end without its beginning, or a beginning that has no end in a conversation that is over. */
function halves({ replies, calls, closed }: Trace, report: Report): void {
  for (const { id, started, ends } of replies.values()) {
    if (started.length === 0) report(seqs(ends), `${id} ended, but its reply.started is missing.`);
    if (ends.length === 0 && closed)
      report(seqs(started), `${id} was started, but neither completed, interrupted nor failed.`);
  }
  for (const { id, entries, requested, started, events, ends } of calls.values()) {
    if (requested.length === 0) report(seqs(entries), `The call.requested of ${id} is missing.`);
    const completed = ends.filter(({ kind }) => kind === 'call.completed');
    const ran = requested[0]?.tool === CANCEL_TOOL ? events : [...events, ...completed];
    if (started.length === 0 && ran.length > 0)
      report(seqs(ran), `${id} ran, but its call.started is missing.`);
  }
}

/** A receipt's own news is looked at with the news. */
function causes(trace: Trace, report: Report): void {
  for (const entry of trace.entries) {
    for (const cause of entry.cause) {
      if (isGap(trace, cause)) continue;
      if (entry.kind === 'receipt' && entry.of.includes(cause)) continue;
      if (cause >= entry.seq)
        report(
          [entry.seq],
          `${entry.kind} ${entry.seq} is caused by ${cause}, which is not before it.`,
        );
      else if (!trace.bySeq.has(cause))
        report(
          [entry.seq],
          `${entry.kind} ${entry.seq} is caused by ${cause}, which does not exist.`,
        );
    }
  }
}

/** What is in neither was counted as a gap. */
function follower({ bySeq, entries, evidence }: Trace, report: Report): void {
  const held = new Map(evidence.followed.map((entry) => [entry.seq, entry]));
  for (const entry of entries) {
    const own = held.get(entry.seq);
    if (!own)
      report([entry.seq], `The follower of the stream does not hold ${entry.seq} (${entry.kind}).`);
    else if (!isDeepStrictEqual(plain(own), plain(entry)))
      report(
        [entry.seq],
        `The follower of the stream holds ${entry.seq} as ${own.kind}, and not as the log has it (${entry.kind}): ` +
          `${differing(own, entry)}.`,
      );
  }
  for (const { seq, kind } of held.values()) {
    if (!bySeq.has(seq))
      report(
        [seq],
        `The follower of the stream holds ${seq} (${kind}), which the log does not have.`,
      );
  }
}

/** The names of the fields in which two entries differ. */
function differing(a: Entry, b: Entry): string {
  const [left, right] = [plain(a), plain(b)];
  const fields = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...fields].filter((field) => !isDeepStrictEqual(left[field], right[field])).join(', ');
}

/** As JSON has it: a field that is undefined is not there. */
const plain = (entry: Entry) => JSON.parse(JSON.stringify(entry)) as Record<string, unknown>;
const seqs = (entries: Entry[]) => entries.map(({ seq }) => seq);
