/** Whether a script may go on, according to the log alone. */
import type { ConversationState } from '../../client/index.ts';
import { untold } from './untold.ts';

/** Every message was answered, no reply is in flight, and the calls that the agent requested have begun or wait. */
export function isSettled({ reply, entries, open: calls, closed }: ConversationState): boolean {
  if (closed) return true;
  if (reply || calls.some(({ status }) => status === 'requested')) return false;
  const answered = new Map<string, readonly number[]>();
  const open = new Set<number>();
  for (const entry of entries) {
    if (entry.kind === 'message.user') open.add(entry.seq);
    else if (entry.kind === 'reply.started') answered.set(entry.reply_id, entry.cause);
    else if (entry.kind === 'reply.completed' || entry.kind === 'reply.failed') {
      for (const seq of answered.get(entry.reply_id) ?? []) open.delete(seq);
    } else if (entry.kind === 'reply.interrupted' && entry.by === 'request') {
      // The user who stopped it does not wait for the rest.
      for (const seq of answered.get(entry.reply_id) ?? []) open.delete(seq);
    }
  }
  return open.size === 0;
}

/** In addition no call runs, and the agent was told all news. Calls that wait for approval do not count. */
export function isOver(state: ConversationState): boolean {
  if (state.closed) return true;
  if (!isSettled(state)) return false;
  if (state.open.some(({ status }) => status !== 'awaiting_approval')) return false;
  // At any other limit, the agent says no more until the user writes.
  if (state.limit && state.limit.limit !== 'unsolicited_per_minute') return true;
  return untold(state.entries).soon === 0;
}
