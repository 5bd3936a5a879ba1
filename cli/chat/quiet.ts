/** Why the agent says nothing at the moment, a sentence for each reason, with the rule's number (docs/rules.md). */
import type { ConversationState, Entry } from '../../client/index.ts';
import { nameOf, resultsOf } from './call-words.ts';
import { untold } from './untold.ts';

export function whyQuiet(state: ConversationState): string[] {
  const { limit, open, approvals, questions, suspended, reply, closed, entries } = state;
  if (closed) return ['It is quiet because the conversation is closed (R15).'];
  if (reply) return [`It is speaking now: ${reply.reason}.`];
  if (limit) {
    return [
      `It is quiet because ${limit.limit} (${limit.value}) is reached (R12). ${
        limit.limit === 'unsolicited_per_minute'
          ? 'It speaks again within a minute.'
          : 'It speaks again after your next message.'
      }`,
    ];
  }
  const waiting = untold(entries);
  const running = open.filter(({ status, question }) => status === 'running' && !question);
  const queued = open.filter(({ status }) => status === 'queued');
  const reasons = [
    ...approvals.map((call) => `${nameOf(call)} waits for your approval.`),
    ...questions.map((call) => `${nameOf(call)} waits for your answer.`),
    ...suspended.map(
      (call) =>
        `${nameOf(call)} is suspended until its results are in (R8): ${resultsOf(call.suspended!)}.`,
    ),
    ...running
      .filter((call) => !call.suspended)
      .map((call) => `${nameOf(call)} is running and reports ${reportOf(call.id, entries)} (R7).`),
    ...queued.map(
      (call) => `${nameOf(call)} waits for a free slot, place ${call.position ?? 1} (R9).`,
    ),
    ...(waiting.silent > 0
      ? [`${counted(waiting.silent, 'silent event')} will be told with the next turn (R5).`]
      : []),
    ...(waiting.soon > 0
      ? [`${counted(waiting.soon, 'piece')} of news will be told in a moment (R6).`]
      : []),
  ];
  return reasons.length > 0
    ? reasons
    : ['It is quiet because it has answered, and nothing is running.'];
}

function reportOf(id: string, entries: readonly Entry[]): string {
  const requested = entries.find(
    (entry) => entry.kind === 'call.requested' && entry.call_id === id,
  );
  const report = requested?.kind === 'call.requested' ? requested.report : undefined;
  return report ?? 'as its tool decides';
}

const counted = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`;
