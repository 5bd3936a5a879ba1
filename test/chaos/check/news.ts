/** News: what tools said and how they ended. Each piece is told, or there is a receipt that says why not. */
import type { Entry, EntryOf } from '../../../contract/entry.ts';
import { CALL_TERMINATED } from '../../../contract/signals.ts';
import type { ConversationEvidence, Evidence } from '../evidence.ts';
import { endedAt } from './causes.ts';
import { ENDED_BEFORE_IT_WAS_WRITTEN, UNDONE } from './excuses.ts';
import type { Excused, Finding, Verdict } from './report.ts';
import { CANCEL_TOOL, isGap, only, reporter, type Trace } from './trace.ts';

export function lostNews(trace: Trace): Finding[] {
  const { findings, report } = reporter(trace, 'lost_news');
  const news = new Set(trace.entries.filter((entry) => isNews(trace, entry)).map(({ seq }) => seq));
  const receipts = only(trace.entries, 'receipt');
  const receipted = new Set(receipts.flatMap(({ of }) => of));

  // What an open conversation has not told it may still tell: it is counted as stuck.
  if (trace.closed) {
    for (const seq of news) {
      const entry = trace.bySeq.get(seq)!;
      if (!receipted.has(seq)) report([seq], `${inWords(entry)} has no receipt.`);
    }
  }
  for (const receipt of receipts) {
    for (const seq of new Set(receipt.of)) {
      if (isGap(trace, seq)) continue;
      const astray = news.has(seq) ? whyUntrue(trace, receipt, seq) : 'which is not news';
      if (astray)
        report([receipt.seq, seq], `A receipt says ${receipt.fate} of ${seq}, ${astray}.`);
    }
  }
  return findings;
}

/** Signals of events that had to become entries and did not. */
export function unheardNews({ faults }: Evidence, trace: Trace): Verdict {
  const findings: Finding[] = [];
  const excused: Excused[] = [];
  const { events, undone = [] } = trace.evidence;
  const isHeard = ({ call_id, n }: { call_id: string; n: number }) =>
    !!trace.calls.get(call_id)?.events.some((event) => event.n === n);
  const lastHeard = events.findLastIndex(isHeard);
  const isEnded = endedAt(faults, { conversation: trace.id }) !== undefined;
  for (const { call_id, n, at } of unheard(trace)) {
    const words = `Event ${n} of ${call_id} reached Temporal while its call was open, and is not in the log.`;
    const where = { conversation: trace.id, seqs: [], words };
    const place = events.findIndex((event) => event.call_id === call_id && event.n === n);
    // Until the reset's own task ran, or for as long as the call was not started again, nothing in the log could take it.
    const isStarted = trace.calls.has(call_id);
    const isUndone = undone.some(
      (reset) =>
        reset.calls.includes(call_id) &&
        (!isStarted || at <= Math.max(reset.at, reset.began_at ?? 0)),
    );
    if (isUndone) excused.push({ ...where, why: UNDONE });
    else if (isEnded && place > lastHeard)
      excused.push({ ...where, why: ENDED_BEFORE_IT_WAS_WRITTEN });
    else findings.push({ ...where, count: 'lost_news' });
  }
  return { findings, excused };
}

/**
 * What has to be told: events, results, failures and denials. Not the success of `cancel_call` (the model has said it), nor the
 * end of a call that somebody cancelled; one that was cancelled in Temporal, past the conversation, is told.
 */
export function isNews({ calls }: Trace, entry: Entry): boolean {
  // The kinds of approvals are younger than logs of old runs.
  switch (entry.kind as string) {
    case 'call.event':
    case 'call.failed':
    case 'call.denied':
      return true;
    case 'call.completed':
      return calls.get(callId(entry))?.requested[0]?.tool !== CANCEL_TOOL;
    case 'call.cancelled':
      return (entry as EntryOf<'call.cancelled'>).by === 'operator';
    default:
      return false;
  }
}

/** Undefined: it is as the receipt says. */
function whyUntrue(trace: Trace, receipt: EntryOf<'receipt'>, seq: number): string | undefined {
  if (seq > receipt.seq) return 'which comes after it';
  const { fate, reply_id } = receipt;
  switch (fate) {
    case 'superseded': {
      const cancelled = trace.calls.get(callId(trace.bySeq.get(seq)!))?.ends.some(isCancelled);
      return cancelled ? undefined : 'whose call was not cancelled';
    }
    case 'failed':
      return trace.closed ? undefined : 'but the conversation has not closed';
    case 'delivered':
    case 'acknowledged':
      return trace.evidence.isExternal ? undefined : 'though the conversation has a model here';
    case 'spoken':
    case 'silent':
    case 'merged': {
      const reply = trace.replies.get(reply_id ?? '');
      if (!reply?.ends.some(({ kind }) => kind === 'reply.completed'))
        return `but ${reply_id ?? 'no reply'} was never completed`;
      const told = reply.started.flatMap(({ cause }) => cause);
      if (!told.includes(seq)) return `but ${reply_id} was not given it`;
      const merged = fate !== 'merged' || told.some((later) => replaces(trace, later, seq));
      return merged ? undefined : `but ${reply_id} was given nothing later of its call`;
    }
    default:
      return fate satisfies never;
  }
}

/** A later state of the same call, or its end. */
function replaces(trace: Trace, later: number, seq: number): boolean {
  const [entry, other] = [trace.bySeq.get(seq), trace.bySeq.get(later)];
  return (
    later > seq && !!entry && !!other && isNews(trace, other) && callId(entry) === callId(other)
  );
}

/**
 * Signals that had to become entries and did not. What is sent again, and what comes after the end, is no news (R8). Of a call that
 * was cancelled or terminated it is only certain that it was still open where a later event of it was heard.
 */
function unheard({ calls, evidence }: Trace): ConversationEvidence['events'] {
  return [...Map.groupBy(evidence.events, ({ call_id }) => call_id)].flatMap(([id, events]) => {
    const call = calls.get(id);
    const heard = new Set(call?.events.map(({ n }) => n));
    const fresh = [...Map.groupBy(events, ({ n }) => n).values()].map(([first]) => first!);
    const lastHeard = fresh.findLastIndex(({ n }) => heard.has(n));
    const endedByItself = !call?.ends.some((end) => !isByItself(end));
    return fresh.filter(
      ({ n, late }, i) => !heard.has(n) && !late && (endedByItself || i < lastHeard),
    );
  });
}

/** Not by a cancellation, nor by an operator: what such a call says until its worker stops it is no news. */
const isByItself = (end: Entry) =>
  end.kind === 'call.completed' ||
  (end.kind === 'call.failed' && end.error.type !== CALL_TERMINATED.type);

function inWords(entry: Entry): string {
  if (entry.kind === 'call.event')
    return `Event ${entry.n} of ${entry.call_id} (entry ${entry.seq})`;
  return `${entry.kind} of ${callId(entry)} (entry ${entry.seq})`;
}

const callId = (entry: Entry) => ('call_id' in entry ? entry.call_id : '');
const isCancelled = ({ kind }: Entry) => kind === 'call.cancelled';
