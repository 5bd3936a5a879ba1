/**
 * Messages that were acknowledged. There is no excuse for losing one: a 202 is only given once Temporal has the signal, and a
 * conversation that closes afterwards writes down first what was sent to it.
 */
import type { Evidence } from '../evidence.ts';
import type { Finding } from './report.ts';
import { only, reporter, type Trace } from './trace.ts';

/** One finding per message, however often it was acknowledged: a repeat gets the same id. */
export function lostMessages({ sent }: Evidence, traces: Trace[]): Finding[] {
  const logs = new Map(traces.map((trace) => [trace.id, messagesIn(trace)]));
  const once = new Map(
    sent.map((message) => [`${message.conversation} ${message.message_id}`, message]),
  );
  return [...once.values()].flatMap(({ conversation, message_id, text }): Finding[] => {
    const logged = logs.get(conversation)?.get(message_id);
    if (logged?.text === text) return [];
    const name = `${message_id} (${JSON.stringify(text.slice(0, 60))})`;
    const words = logged
      ? `${name} was acknowledged, but the log has other words: ${JSON.stringify(logged.text.slice(0, 60))}.`
      : `${name} was acknowledged with 202 and is not in the log.`;
    return [{ count: 'lost_messages', conversation, seqs: logged ? [logged.seq] : [], words }];
  });
}

/** Signals that reached Temporal, though whoever sent them may never have heard so. */
export function unheardMessages({ sent }: Evidence, trace: Trace): Finding[] {
  const { findings, report } = reporter(trace, 'missing_entries');
  const acknowledged = new Set(
    sent.filter(({ conversation }) => conversation === trace.id).map((m) => m.message_id),
  );
  const logged = messagesIn(trace);
  for (const id of new Set(trace.evidence.signalled)) {
    if (acknowledged.has(id) || logged.has(id)) continue;
    report([], `${id} is a signal in Temporal's history and not in the log.`);
  }
  return findings;
}

const messagesIn = ({ entries }: Trace) =>
  new Map(only(entries, 'message.user').map((entry) => [entry.message_id, entry]));
