/** Why the agent is quiet, or what it does instead. */
import type { CallState, ConversationState, Entry } from '../../client/index.ts';
import { nameOf } from '../talk/because.ts';
import { limitWords } from '../talk/notice.tsx';
import { percentOf, plural } from '../parts/words.ts';

export function quietWords(state: ConversationState): string {
  const { status, reply, limit, approvals, questions, open, entries } = state;
  if (status === 'closed') return 'The conversation is closed, so it stays quiet.';
  if (reply) return 'It is speaking now.';
  if (limit) return limitWords(limit.limit, limit.value);
  const running = open.filter((call) => call.status === 'running' && !call.question);
  const waits = [
    ...approvals.map((call) => `${nameOf(call)} waits for your approval.`),
    ...questions.map((call) => `${nameOf(call)} waits for your answer.`),
    ...running.map((call) => runningWords(call, reportOf(call, entries))),
  ];
  const queued = open.filter((call) => call.status === 'queued').length;
  if (queued > 0)
    waits.push(`${plural(queued, 'call')} ${queued === 1 ? 'waits' : 'wait'} in line.`);
  if (waits.length > 0) return waits.join(' ');
  return 'Nothing is running, and everything it knows has been said. It waits for you.';
}

function runningWords(call: CallState, report: string | undefined): string {
  const at = call.percent === undefined ? 'is running' : `is at ${percentOf(call.percent)}`;
  if (call.suspended) {
    const { results, of } = call.suspended;
    const until =
      of === undefined ? 'until it ends' : `until ${of} results are in (${results} so far)`;
    return `${nameOf(call)} ${at}; its flow is suspended ${until}.`;
  }
  return `${nameOf(call)} ${at}; the agent wants to hear ${report ?? 'what the tool reports'}.`;
}

function reportOf({ seq }: CallState, entries: readonly Entry[]): string | undefined {
  const entry = entries[seq - 1];
  return entry?.kind === 'call.requested' ? entry.report : undefined;
}
