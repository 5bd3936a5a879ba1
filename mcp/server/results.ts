/** What a client is told of a conversation: numbered results. The number is the seq of its entry. Pure. */
import type { Entry, EntryKind } from '../../contract/entry.ts';

export interface Result {
  /** Passed as `after`, it says that the client has this one and all before it. */
  n: number;
  at: string;
  text: string;
  /** `said`: the agent's own words. Everything else is a remark of the service. */
  kind: 'said' | 'failed' | 'approval' | 'limit' | 'closed';
}

export const KINDS_OF_RESULTS = [
  'reply.completed',
  'reply.interrupted',
  'reply.failed',
  'call.awaiting_approval',
  'limit.reached',
  'conversation.closed',
] as const satisfies EntryKind[];

export const resultsAfter = (log: readonly Entry[], after: number): Result[] =>
  log.flatMap((entry) => (entry.seq > after ? (resultOf(entry) ?? []) : []));

export function resultOf(entry: Entry): Result | undefined {
  const { seq: n, at } = entry;
  switch (entry.kind) {
    case 'reply.completed':
      return entry.text.trim() === '' ? undefined : { n, at, kind: 'said', text: entry.text };
    case 'reply.interrupted':
      return entry.text.trim() === '' || entry.rolled_back
        ? undefined
        : { n, at, kind: 'said', text: `${entry.text} … (interrupted)` };
    case 'reply.failed':
      return { n, at, kind: 'failed', text: `A reply failed: ${entry.error.message}` };
    case 'call.awaiting_approval': {
      const { call_id, why, expires_at } = entry;
      const text = `${call_id} waits for a person's approval until ${expires_at}: ${why}`;
      return { n, at, kind: 'approval', text };
    }
    case 'limit.reached': {
      if (entry.limit === 'unsolicited_per_minute') return undefined;
      const text = `The agent is quiet until it gets a message: it has reached its limit ${entry.limit} (${entry.value}).`;
      return { n, at, kind: 'limit', text };
    }
    case 'conversation.closed':
      return { n, at, kind: 'closed', text: 'The conversation is closed for good.' };
    default:
      return undefined;
  }
}
