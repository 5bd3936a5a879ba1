/**
 * Messages that were acknowledged. A 202 is only given once Temporal has the signal, and a conversation that closes afterwards
 * writes down first what was sent to it. Only an operator's hand can lose one.
 */
import type { Evidence } from '../evidence.ts';
import { endedAt } from './causes.ts';
import { ENDED_BEFORE_IT_WAS_WRITTEN, UNDONE } from './excuses.ts';
import type { Excused, Finding, Verdict } from './report.ts';
import { only, type Trace } from './trace.ts';

/** One finding per message, however often it was acknowledged: a repeat gets the same id. */
export function lostMessages(evidence: Evidence, traces: Trace[]): Verdict {
  const byId = new Map(traces.map((trace) => [trace.id, trace]));
  const logs = new Map(traces.map((trace) => [trace.id, messagesIn(trace)]));
  const once = new Map(
    evidence.sent.map((message) => [`${message.conversation} ${message.message_id}`, message]),
  );
  const findings: Finding[] = [];
  const excused: Excused[] = [];
  for (const { conversation, message_id, text } of once.values()) {
    const logged = logs.get(conversation)?.get(message_id);
    if (logged?.text === text) continue;
    const name = `${message_id} (${JSON.stringify(text.slice(0, 60))})`;
    const words = logged
      ? `${name} was acknowledged, but its text in the log is ${JSON.stringify(logged.text.slice(0, 60))}.`
      : `${name} was acknowledged with 202 and is not in the log.`;
    const where = { conversation, seqs: logged ? [logged.seq] : [], words };
    const trace = byId.get(conversation);
    const why = trace && !logged && whyNotThere(evidence, trace, message_id);
    if (why) excused.push({ ...where, why });
    else findings.push({ ...where, count: 'lost_messages' });
  }
  return { findings, excused };
}

/** Signals that reached Temporal, even if their sender never got the acknowledgement. */
export function unheardMessages(evidence: Evidence, trace: Trace): Verdict {
  const findings: Finding[] = [];
  const excused: Excused[] = [];
  const acknowledged = new Set(
    evidence.sent.filter(({ conversation }) => conversation === trace.id).map((m) => m.message_id),
  );
  const logged = messagesIn(trace);
  for (const id of new Set(trace.evidence.signalled)) {
    if (acknowledged.has(id) || logged.has(id)) continue;
    const words = `${id} is a signal in Temporal's history and not in the log.`;
    const where = { conversation: trace.id, seqs: [], words };
    const why = whyNotThere(evidence, trace, id);
    if (why) excused.push({ ...where, why });
    else findings.push({ ...where, count: 'missing_entries' });
  }
  return { findings, excused };
}

/** Undefined: there is no reason. */
function whyNotThere({ faults }: Evidence, trace: Trace, id: string): string | undefined {
  const { signalled, undone = [] } = trace.evidence;
  const place = signalled.indexOf(id);
  if (place === -1)
    return undone.some(({ messages }) => messages.includes(id)) ? UNDONE : undefined;
  const logged = messagesIn(trace);
  const isLast = !signalled.slice(place).some((later) => logged.has(later));
  return isLast && endedAt(faults, { conversation: trace.id }) !== undefined
    ? ENDED_BEFORE_IT_WAS_WRITTEN
    : undefined;
}

const messagesIn = ({ entries }: Trace) =>
  new Map(only(entries, 'message.user').map((entry) => [entry.message_id, entry]));
