/**
 * Whether an agent still has something to do or to say, derived from the log alone, so that a client gets the same answer after a
 * restart of the service. Pure. A property test compares it with the rules.
 */
import type { Entry, EntryKind, EntryOf } from '../../contract/entry.ts';

/** The kinds of entries that `createRest` reads. */
export const KINDS_FOR_REST = [
  'message.user',
  'reply.started',
  'reply.completed',
  'reply.interrupted',
  'reply.failed',
  'call.requested',
  'call.dropped',
  'call.denied',
  'call.event',
  'call.completed',
  'call.failed',
  'call.cancelled',
  'receipt',
  'limit.reached',
  'conversation.closed',
] as const satisfies EntryKind[];

export interface Rest {
  apply(entry: Entry): void;
  /** True when the entries so far lead to nothing more unless the user writes again. */
  isReached(): boolean;
}

interface OpenCall {
  /** Set for a managed call: how many results its flow waits for (undefined: all until its end), and how many have come. */
  flow?: { wants: number | undefined; got: number };
}

/**
 * @param log all known entries, including those that are applied later. An entry's cause names the earlier entry that it continues, and
 *   between the two the agent is not at rest
 * @param options.isExternal the client has a model of its own, so only calls matter
 */
export function createRest(
  log: readonly Entry[],
  { isExternal = false }: { isExternal?: boolean } = {},
): Rest {
  const { requests, given } = continuations(log);
  const messages = new Set<number>();
  const unanswered = new Set<number>();
  const untold = new Set<number>();
  const calls = new Map<string, OpenCall>();
  const expected = new Set<string>();
  let reply: EntryOf<'reply.started'> | undefined;
  let isDueAgain = false;
  /** A reply that only requested calls is followed by one that speaks of them, even if they are cancelled (R11). */
  let isSilentSoFar = false;
  let isHushed = false;
  let isClosed = false;

  /** News of a reply that was stopped or failed is told in the next turn, and causes none. */
  const silence = () => reply?.cause.forEach((seq) => untold.delete(seq));

  function applyEvent({ seq, call_id, event, schedule }: EntryOf<'call.event'>) {
    const flow = calls.get(call_id)?.flow;
    if (!flow) {
      if (schedule !== 'silent') untold.add(seq);
    } else if (event === 'result') {
      flow.got += 1;
      if (flow.got === flow.wants) untold.add(seq);
    }
  }

  function applyEnd(entry: EntryOf<'call.completed' | 'call.failed' | 'call.cancelled'>) {
    const flow = calls.get(entry.call_id)?.flow;
    calls.delete(entry.call_id);
    const { got = 0, wants = Infinity } = flow ?? {};
    // A success is no news for a flow that has gone on already.
    const isTold = entry.kind === 'call.completed' && got >= wants;
    // An end that the user or the agent brought about is no news to them.
    if (entry.actor.type === 'tool' && !isTold) untold.add(entry.seq);
  }

  return {
    apply(entry) {
      switch (entry.kind) {
        case 'message.user':
          messages.add(entry.seq);
          unanswered.add(entry.seq);
          isHushed = false;
          return;
        case 'reply.started':
          reply = entry;
          isDueAgain = false;
          isSilentSoFar = false;
          if (entry.because === 'message') isHushed = false;
          entry.cause.forEach((seq) => unanswered.delete(seq));
          return;
        case 'reply.completed':
          reply = undefined;
          requests.get(entry.seq)?.forEach(({ call_id }) => expected.add(call_id));
          isSilentSoFar =
            entry.text.trim() === '' &&
            requests.get(entry.seq)?.some(({ awaits }) => awaits === undefined) === true;
          return;
        case 'reply.interrupted':
          if (entry.by === 'message' || entry.by === 'event') {
            reply?.cause.filter((seq) => messages.has(seq)).forEach((seq) => unanswered.add(seq));
          } else silence();
          reply = undefined;
          return;
        case 'reply.failed':
          isDueAgain = reply !== undefined && given.has(reply.seq);
          if (!isDueAgain) silence();
          reply = undefined;
          return;
        case 'call.requested':
          expected.delete(entry.call_id);
          calls.set(entry.call_id, entry.awaits ? { flow: { wants: entry.results, got: 0 } } : {});
          return;
        case 'call.event':
          return applyEvent(entry);
        case 'call.dropped':
          calls.delete(entry.call_id);
          isSilentSoFar = false;
          return;
        case 'call.denied':
          calls.delete(entry.call_id);
          untold.add(entry.seq);
          return;
        case 'call.completed':
        case 'call.failed':
        case 'call.cancelled':
          return applyEnd(entry);
        case 'receipt':
          entry.of.forEach((seq) => untold.delete(seq));
          return;
        case 'limit.reached':
          // At this one, news only waits for a while.
          if (entry.limit !== 'unsolicited_per_minute') {
            isHushed = true;
            isSilentSoFar = false;
          }
          return;
        case 'conversation.closed':
          isClosed = true;
          return;
        default:
          return;
      }
    },

    isReached() {
      if (isClosed) return true;
      if (isExternal) return calls.size === 0;
      if (reply || isDueAgain || isSilentSoFar) return false;
      if (unanswered.size + calls.size + expected.size > 0) return false;
      return isHushed || untold.size === 0;
    },
  };
}

/** Whether the next entry was decided at the same moment, so that this entry is not the end of an answer. */
export function goesOnAtOnce(log: readonly Entry[], nth: number): boolean {
  const next = log[nth + 1];
  return next !== undefined && next.at === log[nth]!.at && next.kind !== 'message.user';
}

/**
 * `requests`: the calls that each completed reply requested, by the reply's seq. `given`: the seqs of starts of replies that were given
 * again.
 */
function continuations(log: readonly Entry[]) {
  const requests = new Map<number, EntryOf<'call.requested'>[]>();
  const starts = new Set<number>();
  const given = new Set<number>();
  for (const entry of log) {
    if (entry.kind === 'call.requested') {
      for (const seq of entry.cause) {
        requests.set(seq, [...(requests.get(seq) ?? []), entry]);
      }
    } else if (entry.kind === 'reply.started') {
      entry.cause.filter((seq) => starts.has(seq)).forEach((seq) => given.add(seq));
      starts.add(entry.seq);
    }
  }
  return { requests, given };
}
