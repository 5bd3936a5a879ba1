/** Entries that may make the agent speak: messages of the user, and news of calls. */
import { type CallEndEntry, isCallEnd } from '../../contract/call-ends.ts';
import type { Entry, EntryOf } from '../../contract/entry.ts';
import { cut } from '../../contract/stored.ts';
import type { Trigger } from '../../contract/turns.ts';

export type TriggerEntry =
  | EntryOf<'message.user' | 'call.event'>
  | Exclude<CallEndEntry, { kind: 'call.dropped' }>;

/** The end of a call is news only if its tool caused it, and not the user or the agent. */
export function isTrigger(entry: Entry): entry is TriggerEntry {
  // A denial is always news: the agent has to know.
  if (entry.kind === 'message.user' || entry.kind === 'call.denied') return true;
  if (entry.kind === 'call.dropped') return false;
  return (entry.kind === 'call.event' || isCallEnd(entry)) && entry.actor.type === 'tool';
}

export function triggerOf(entry: TriggerEntry): Trigger {
  const { seq, at, kind, actor } = entry;
  const what = inWords(entry);
  return { seq, at, kind, actor, what: what.length > 200 ? `${cut(what, 0, 199)}…` : what };
}

function inWords(entry: TriggerEntry): string {
  switch (entry.kind) {
    case 'message.user':
      return entry.text;
    case 'call.event':
      return entry.event === 'progress'
        ? `${entry.percent} % of ${entry.call_id}`
        : `result ${entry.n} of ${entry.call_id}`;
    case 'call.completed':
      return `${entry.call_id} completed`;
    case 'call.failed':
      return `${entry.call_id} failed: ${entry.error.message}`;
    case 'call.cancelled':
      return `${entry.call_id} cancelled by ${entry.by}`;
    case 'call.denied':
      return `${entry.call_id} denied${entry.reason ? `: ${entry.reason}` : ''}`;
    default:
      return entry satisfies never;
  }
}
