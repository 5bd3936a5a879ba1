/** The status and details of a conversation for the Temporal UI. */
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import { SEARCH_ATTRIBUTES } from '../contract/names.ts';
import { wakeAt } from '../conversation/next.ts';
import type { State } from '../conversation/state.ts';

const status = defineSearchAttributeKey(SEARCH_ATTRIBUTES.status, SearchAttributeType.KEYWORD);

/** `working` means that calls are open. Replies come and go too quickly to be worth the history events. */
export function showStatus(state: State): void {
  const value = statusOf(state);
  if (workflowInfo().typedSearchAttributes.get(status) !== value) {
    upsertSearchAttributes([{ key: status, value }]);
  }
}

function statusOf({ closed, calls }: State): string {
  if (closed) return 'closed';
  if (calls.some(({ status }) => status === 'awaiting_approval')) return 'awaiting_approval';
  if (calls.some((call) => call.status === 'running' && call.question)) return 'awaiting_answer';
  return calls.length > 0 ? 'working' : 'idle';
}

/** Markdown for the workflow's current details. */
export function detailsOf(state: State): string {
  const { turn, calls, news, held = [], usage } = state;
  const lines = [
    `**${state.closed ? 'closed' : turn.phase}**, ${state.seq} entries, ${state.replies} replies, ` +
      `${usage.input_tokens} + ${usage.output_tokens} tokens`,
  ];
  for (const call of calls) {
    const until =
      call.status === 'awaiting_approval'
        ? ` until ${new Date(call.expires_at).toISOString()}`
        : '';
    const percent = call.status === 'running' && call.percent !== undefined;
    lines.push(
      `- \`${call.id}\` ${call.tool}: ${call.status}${until}${percent ? ` ${call.percent} %` : ''}`,
    );
  }
  if (state.hushed) lines.push('- quiet until the user writes: a limit is reached');
  const summing = state.context?.underWay;
  if (summing) lines.push(`- a summary of entries ${summing.from} to ${summing.to} is being made`);
  if (news.length > 0) lines.push(`- news that waits: ${news.map(({ seq }) => seq).join(', ')}`);
  if (held.length > 0) lines.push(`- held back: ${held.map(({ seq }) => seq).join(', ')}`);
  return lines.join('\n');
}

/** The reason for the running timer. */
export function waitsFor(state: State): string {
  const { turn, calls } = state;
  const due = wakeAt(state);
  const waiting = calls.find(
    (call) => call.status === 'awaiting_approval' && call.expires_at === due,
  );
  const asking = calls.find(
    (call) => call.status === 'running' && call.question?.expires_at === due,
  );
  if (asking) return `${asking.id} asks a person until ${new Date(due!).toISOString()}`;
  if (waiting) return `${waiting.id} waits for a person until ${new Date(due!).toISOString()}`;
  if (turn.phase === 'settling') return `calls of ${turn.reply.id} wait for the user to settle`;
  if (turn.phase === 'grace') return `${turn.reply.id} waits for quick results`;
  if (state.initiative?.holding) return 'news waits: unsolicited_per_minute is reached';
  return 'news waits for more of it';
}
