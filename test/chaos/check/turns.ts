/** The turn-taking rules, as far as a log alone can show that they were kept. */
import type { Entry } from '../../../contract/entry.ts';
import type { Finding } from './report.ts';
import {
  type CallTrace,
  isGap,
  isReplyEnd,
  only,
  reporter,
  type Reporter,
  type Trace,
} from './trace.ts';

export function brokenRules(trace: Trace): Finding[] {
  const { findings, report } = reporter(trace, 'broken_rules');
  oneReplyAtATime(trace, report);
  messagesComeFirst(trace, report);
  silenceIsKept(trace, report);
  for (const call of trace.calls.values()) {
    neverOnStaleInput(trace, call, report);
    checkOrder(call, report);
    approvedFirst(call, report);
  }
  closedIsFinal(trace, report);
  return findings;
}

type Report = Reporter['report'];

/** R1. */
function oneReplyAtATime({ entries }: Trace, report: Report): void {
  let open: string | undefined;
  for (const entry of entries) {
    if (entry.kind === 'reply.started') {
      if (open && open !== entry.reply_id)
        report([entry.seq], `R1: ${entry.reply_id} was started while ${open} was in flight.`);
      open = entry.reply_id;
    } else if (isReplyEnd(entry) && 'reply_id' in entry && entry.reply_id === open)
      open = undefined;
  }
}

/** R2: it cuts the reply in flight where it may, and the next reply answers it. */
function messagesComeFirst({ entries }: Trace, report: Report): void {
  for (const [i, message] of entries.entries()) {
    if (message.kind !== 'message.user') continue;
    const { message_id, seq, when_busy } = message;
    const rest = entries.slice(i + 1);
    const started = only(rest, 'reply.started')[0];
    if (started && !started.cause.includes(seq))
      report(
        [seq, started.seq],
        `R2: ${started.reply_id} was started and did not answer ${message_id}.`,
      );
    const next = rest.find(({ kind }) => kind.startsWith('reply.'));
    if (when_busy !== 'interrupt' && when_busy !== 'rollback') continue;
    if (next && (next.kind === 'reply.completed' || next.kind === 'reply.failed'))
      report([seq, next.seq], `R2: ${message_id} did not interrupt ${next.reply_id}.`);
  }
}

/** R5: what is to be told silently is no reason to speak. That the flow of a managed call goes on is one (R8). */
function silenceIsKept({ entries, bySeq, calls }: Trace, report: Report): void {
  const isSilent = (entry: Entry) =>
    entry.kind === 'call.event' &&
    entry.schedule === 'silent' &&
    !calls.get(entry.call_id)?.requested[0]?.awaits;
  for (const { seq, because, cause, reply_id } of only(entries, 'reply.started')) {
    const known = cause.flatMap((each) => bySeq.get(each) ?? []);
    if (because !== 'news' || known.length < cause.length) continue;
    if (known.every(isSilent)) report([seq], `R5: ${reply_id} was started by silent news alone.`);
  }
}

/** R3: no message stands between the beginning of the reply that asked for a call and the call's release. */
function neverOnStaleInput(trace: Trace, call: CallTrace, report: Report): void {
  const requested = call.requested[0];
  const release = call.entries.find(({ kind }) => RELEASES.has(kind));
  // A harness asks for its calls itself.
  if (!requested || trace.evidence.isExternal) return;
  const asked = requested.cause
    .map((seq) => trace.bySeq.get(seq))
    .find((entry) => entry?.kind === 'reply.completed');
  if (!asked) {
    if (!requested.cause.some((seq) => isGap(trace, seq)))
      report([requested.seq], `R3: ${call.id} was not requested by a completed reply.`);
    return;
  }
  const began = trace.replies.get(asked.reply_id)?.started[0];
  if (!release || !began) return;
  const stale = only(trace.entries, 'message.user').filter(
    ({ seq }) => seq > began.seq && seq < release.seq,
  );
  if (stale.length > 0)
    report(
      [release.seq, ...stale.map(({ seq }) => seq)],
      `R3: ${call.id} was released (${release.kind}) though ${stale[0]!.message_id} had come since ${asked.reply_id} began.`,
    );
}

/** R8: requested, then started, then its events with rising numbers, then its end, and nothing after it. */
function checkOrder({ id, entries, events, ends }: CallTrace, report: Report): void {
  const end = ends[0];
  const after = end
    ? entries.filter(({ seq, kind }) => seq > end.seq && !isEnd(ends, seq, kind))
    : [];
  for (const { seq, kind } of after)
    report([seq], `R8: ${kind} (${seq}) of ${id} comes after its ${end!.kind} (${end!.seq}).`);
  const begins = entries.findIndex(({ kind }) => kind === 'call.requested');
  for (const { seq, kind } of entries.slice(0, Math.max(0, begins)))
    report([seq], `R8: ${kind} (${seq}) of ${id} comes before it was asked for.`);
  const starts = entries.findIndex(({ kind }) => kind === 'call.started');
  for (const { seq, kind } of entries.slice(0, Math.max(0, starts)))
    if (kind === 'call.event')
      report([seq], `R8: an event of ${id} (${seq}) comes before its start.`);
  const ran = entries.some(({ kind }) => kind === 'call.started');
  const never = ends.find(({ kind }) => NEVER_RAN.has(kind));
  if (ran && never)
    report([never.seq], `R3: ${id} was ${never.kind.slice(5)} (${never.seq}), yet it was started.`);
  let last = 0;
  for (const { seq, n } of events) {
    if (n < last) report([seq], `R8: event ${n} of ${id} (${seq}) comes after event ${last}.`);
    last = Math.max(last, n);
  }
}

/** R10: what waits for a person's yes runs after it, and not before. */
function approvedFirst({ id, entries }: CallTrace, report: Report): void {
  let waits = false;
  for (const { seq, kind } of entries as { seq: number; kind: string }[]) {
    if (kind === 'call.awaiting_approval') waits = true;
    if (kind === 'call.approved') waits = false;
    if (kind === 'call.started' && waits)
      report([seq], `R10: ${id} was started (${seq}) before it was approved.`);
  }
}

/** R15. */
function closedIsFinal({ closed, entries }: Trace, report: Report): void {
  const after = entries.filter(
    ({ seq, kind }) => closed && seq > closed.seq && kind !== closed.kind,
  );
  for (const { seq, kind } of after)
    report([seq], `R15: ${kind} (${seq}) comes after conversation.closed (${closed!.seq}).`);
}

const RELEASES = new Set<string>(['call.queued', 'call.started', 'call.awaiting_approval']);
const NEVER_RAN = new Set<string>(['call.dropped', 'call.denied']);

/** A second end is counted as a doubled entry. */
const isEnd = (ends: Entry[], seq: number, kind: string) =>
  ends.some((end) => end.seq === seq && end.kind === kind);
