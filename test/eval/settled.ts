/** Whether the agent has done what the user's messages lead to at once. */
import type { Entry } from '../../contract/entry.ts';

/**
 * True when every message has been answered, no reply is in flight, and every requested call runs, waits or is over. Later results are
 * another matter.
 */
export function isSettled(entries: readonly Entry[]): boolean {
  const speaking = new Map<string, readonly number[]>();
  const unanswered = new Set<number>();
  const unreleased = new Set<string>();
  for (const entry of entries) {
    switch (entry.kind) {
      case 'message.user':
        unanswered.add(entry.seq);
        break;
      case 'reply.started':
        speaking.set(entry.reply_id, entry.cause);
        break;
      case 'reply.completed':
      case 'reply.failed':
        for (const seq of speaking.get(entry.reply_id) ?? []) unanswered.delete(seq);
        speaking.delete(entry.reply_id);
        break;
      case 'reply.interrupted':
        speaking.delete(entry.reply_id);
        break;
      case 'call.requested':
        unreleased.add(entry.call_id);
        break;
      default:
        if ('call_id' in entry) unreleased.delete(entry.call_id);
    }
  }
  return unanswered.size === 0 && speaking.size === 0 && unreleased.size === 0;
}
