/** What has to be over when the run is over: calls, conversations, programs. */
import type { Evidence } from '../evidence.ts';
import type { Finding } from './report.ts';
import { reporter, type Trace } from './trace.ts';

export function unendedCalls(trace: Trace): Finding[] {
  const { findings, report } = reporter(trace, 'unended_calls');
  for (const { id, requested, entries, ends } of trace.calls.values()) {
    if (requested.length === 0 || ends.length > 0) continue;
    const { seq, kind } = entries.at(-1)!;
    report([seq], `${id} (${requested[0]!.tool}) has no end; the last of it is ${kind} (${seq}).`);
  }
  return findings;
}

/** One finding for a conversation, with all that it hangs on. */
export function stuck(trace: Trace): Finding[] {
  const { findings, report } = reporter(trace, 'stuck');
  const { head } = trace.evidence;
  const open = head.calls.filter(({ status }) => !OVER.has(status));
  const signs = [
    ...(trace.closed ? [] : ['its log has no conversation.closed']),
    ...(head.status === 'closed' ? [] : [`its status is ${head.status}`]),
    ...(trace.evidence.isOver ? [] : ['its stream has no end']),
    ...(head.reply ? [`${head.reply.id} is in flight`] : []),
    ...open.map(({ id, status }) => `${id} is ${status}`),
  ];
  if (signs.length > 0) report([], `It is not over: ${signs.join(', ')}.`);
  return findings;
}

export function programsLeft({ programs, calls }: Evidence): Finding[] {
  const words = [
    ...programs.map(({ pid, command }) => `Process ${pid} still runs: ${command}`),
    ...calls.map((id) => `The workflow of ${id} still runs.`),
  ];
  return words.map((each) => ({ count: 'programs_left', seqs: [], words: each }));
}

const OVER = new Set<string>(['completed', 'failed', 'cancelled', 'dropped', 'denied']);
