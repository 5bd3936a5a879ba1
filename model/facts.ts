/** The content of a call's entry, in the field names that the model sees. Undefined fields are absent in JSON. */
import type { EntryOf } from '../contract/entry.ts';
import { READ_TOOL } from '../contract/names.ts';
import type { Stored } from '../contract/stored.ts';
import type { CallEndEntry } from '../contract/call-ends.ts';
import type { CallStory } from './call-story.ts';

export function eventFacts(entry: EntryOf<'call.event'> | CallEndEntry, story: CallStory) {
  const whose = { call_id: entry.call_id, tool: story.request?.tool };
  if (entry.kind !== 'call.event') return { ...whose, ...endFacts(entry) };
  const { n, percent, note } = entry;
  return { ...whose, n, percent, note, ...partFacts(entry) };
}

/** The content of a partial result. */
export const partFacts = ({ data, stored }: EntryOf<'call.event'>) =>
  stored ? { stored: storedFacts(stored) } : { data };

/** Only the beginning of a large result is sent; the model reads more if it needs to. */
const storedFacts = ({ n, bytes, head }: Stored) => ({
  n,
  bytes,
  head,
  note: `Only its beginning. ${READ_TOOL} reads on, from offset ${head.length}.`,
});

/** If the result describes what is stored, the beginning of the stored value is left out. */
function completedFacts({ result, stored }: EntryOf<'call.completed'>) {
  if (!stored) return { result };
  return result === null ? { stored: storedFacts(stored) } : { result };
}

export function endFacts(end: CallEndEntry) {
  switch (end.kind) {
    case 'call.completed':
      return {
        status: 'completed',
        ...completedFacts(end),
      };
    case 'call.failed':
      return { status: 'failed', error: end.error };
    case 'call.cancelled':
      return { status: 'cancelled', by: end.by };
    case 'call.denied':
      return {
        status: 'denied',
        note: 'It was not run.',
        by: end.actor.type === 'user' ? end.actor.id : undefined,
        reason: end.reason,
      };
    case 'call.dropped':
      return { status: 'dropped', note: 'It was not run.', why: end.why };
    default:
      return end satisfies never;
  }
}
