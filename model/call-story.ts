/** The history of each call, read from the log once. */
import type { CallEndEntry } from '../contract/call-ends.ts';
import type { Entry, EntryOf } from '../contract/entry.ts';

export type CallEvent = EntryOf<'call.event'> | CallEndEntry;

type Status = 'requested' | 'awaiting_approval' | 'queued' | 'running' | 'ended';

export interface CallStory {
  call_id: string;
  /** Undefined when the log's range begins after the request and the request has not been read separately. */
  request?: EntryOf<'call.requested'>;
  /** Seq of the completed reply that requested it, if it is in the range. */
  reply?: number;
  /** Its status when the model was first asked after the request. */
  firstSeen?: Status;
  status: Status;
  /** The latest request for a user's approval. */
  awaiting?: EntryOf<'call.awaiting_approval'>;
  results: EntryOf<'call.event'>[];
  /** The latest progress. */
  progress?: EntryOf<'call.event'>;
  end?: CallEndEntry;
  /** For a managed call: the entries at which its flow resumed, and the events that the model is told with each. */
  flow?: Map<CallEvent, CallEvent[]>;
}

/**
 * By call id, in the order in which they first appear.
 * @param suspended ids of calls that are known to be managed although their request may be out of range
 */
export function followCalls(
  entries: readonly Entry[],
  suspended: readonly string[] = [],
): Map<string, CallStory> {
  const stories = new Map<string, CallStory>();
  const completed = new Set<number>();
  const story = (call_id: string) => {
    const known: CallStory = stories.get(call_id) ?? {
      call_id,
      status: 'running',
      results: [],
      ...(suspended.includes(call_id) && { flow: new Map() }),
    };
    stories.set(call_id, known);
    return known;
  };

  for (const entry of entries) {
    switch (entry.kind) {
      case 'reply.completed':
        completed.add(entry.seq);
        break;
      case 'reply.started':
        for (const known of stories.values()) known.firstSeen ??= known.status;
        break;
      case 'call.requested': {
        const reply = entry.cause.findLast((seq) => completed.has(seq));
        Object.assign(story(entry.call_id), { request: entry, reply, status: 'requested' });
        if (entry.awaits) story(entry.call_id).flow ??= new Map();
        break;
      }
      case 'call.awaiting_approval':
        Object.assign(story(entry.call_id), { awaiting: entry, status: 'awaiting_approval' });
        break;
      case 'call.queued':
        story(entry.call_id).status = 'queued';
        break;
      case 'call.started':
        story(entry.call_id).status = 'running';
        break;
      case 'call.event':
        if (entry.event === 'result') addResult(story(entry.call_id), entry);
        else story(entry.call_id).progress = entry;
        break;
      case 'call.completed':
      case 'call.failed':
      case 'call.cancelled':
      case 'call.denied':
      case 'call.dropped':
        addEnd(story(entry.call_id), entry);
        break;
      case 'call.approved':
      case 'call.answered':
      case 'message.user':
      case 'reply.interrupted':
      case 'reply.failed':
      case 'receipt':
      case 'summary':
      case 'summary.failed':
      case 'limit.reached':
      case 'conversation.reset':
      case 'signal.dropped':
      case 'conversation.closed':
        break;
      default:
        entry satisfies never;
    }
  }
  return stories;
}

function addResult(story: CallStory, entry: EntryOf<'call.event'>): void {
  story.results.push(entry);
  const isComplete = story.results.length === story.request?.results;
  if (isComplete) story.flow?.set(entry, [...story.results]);
}

function addEnd(story: CallStory, entry: CallEndEntry): void {
  Object.assign(story, { end: entry, status: 'ended' });
  const isTold = (story.flow?.size ?? 0) > 0;
  story.flow?.set(entry, isTold ? [entry] : [...story.results, entry]);
}

/** True if the call's end is in its tool message, so that no event about it is shown (R11, R13). */
export function endedAtOnce(story: CallStory): boolean {
  const seenAs = story.firstSeen ?? story.status;
  return story.reply !== undefined && seenAs === 'ended';
}
