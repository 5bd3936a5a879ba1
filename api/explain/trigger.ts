/** Entries that may make the agent speak: messages of the user, and news of calls. */
import type { Entry, EntryKind, EntryOf } from '../../contract/entry.ts';
import { cut } from '../../contract/stored.ts';
import type { Trigger } from '../../contract/turns.ts';

const TRIGGERS = [
  'message.user',
  'call.event',
  'call.completed',
  'call.failed',
  'call.cancelled',
  'call.denied',
] as const satisfies EntryKind[];

export type TriggerEntry = EntryOf<(typeof TRIGGERS)[number]>;

/** An end that the user or the agent brought about is no news to them. */
export function isTrigger(entry: Entry): entry is TriggerEntry {
  if (!TRIGGERS.some((kind) => kind === entry.kind)) return false;
  // A denial is always news: the agent has to know.
  if (entry.kind === 'message.user' || entry.kind === 'call.denied') return true;
  return entry.actor.type === 'tool';
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
