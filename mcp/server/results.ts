/** The results of a conversation for a client. A result's number is the seq of its entry. Pure. */
import type { Entry, EntryKind, EntryOf } from '../../contract/entry.ts';
import type { CallEnd } from '../../contract/signals.ts';
import { legible, type Stored } from '../../contract/stored.ts';

export interface Result {
  /** The number of the result. A client that passes it as `after` has this result and all before it. */
  n: number;
  at: string;
  text: string;
  /** Only for a result of a call: what the tool returned, without any words of the service. */
  data?: string;
  /** `said`: the agent's own words, or a result of a call. Everything else is a remark of the service. */
  kind: 'said' | 'failed' | 'approval' | 'limit' | 'closed' | 'progress';
}

/** Whether the client of the conversation has a model of its own. The results are then those of its calls. */
export const isExternal = ({ agent }: { agent: string }) => agent.startsWith('client:');

export const KINDS_OF_RESULTS = [
  'reply.completed',
  'reply.interrupted',
  'reply.failed',
  'call.awaiting_approval',
  'limit.reached',
  'conversation.closed',
] as const satisfies EntryKind[];

interface Seen {
  log: readonly Entry[];
  head: { id: string; agent: string };
  /** Seqs that were sent and have no receipt in the log yet. */
  told?: ReadonlySet<number>;
}

/** @param calls only results of these. Default: of all */
export const resultsAfter = (seen: Seen, after: number, calls?: readonly string[]): Result[] => {
  const read = readerOf(seen);
  return seen.log.flatMap((entry) =>
    entry.seq > after && isOfCalls(entry, calls) ? (read(entry) ?? []) : [],
  );
};

export const isOfCalls = (entry: Entry, calls: readonly string[] | undefined) =>
  calls === undefined || ('call_id' in entry && calls.includes(entry.call_id));

/** Reads results from entries. Results that the client was sent already, with the call or by a push, are left out. */
export function readerOf({ log, head, told }: Seen): (entry: Entry) => Result | undefined {
  if (!isExternal(head)) return resultOf;
  const sent = sentIn(log, ['delivered']);
  const withdrawn = withdrawnIn({ log, head });
  const isLeftOut = (entry: Entry) =>
    sent.has(entry.seq) || told?.has(entry.seq) === true || isOfOneOf(withdrawn, entry);
  return (entry) => (isLeftOut(entry) ? undefined : resultOfCall(entry, head.id));
}

/**
 * The calls that their client has cancelled before it had an answer. It is told nothing of them. A call that another of the client's calls
 * has replaced (R10) is not among them.
 */
export function withdrawnIn({ log, head }: Pick<Seen, 'log' | 'head'>): Set<string> {
  const ends = log.filter((entry) => entry.kind === 'call.cancelled');
  const isOwn = ({ by, actor }: (typeof ends)[number]) => by === 'user' && actor.id === head.agent;
  return new Set(ends.filter(isOwn).map(({ call_id }) => call_id));
}

const isOfOneOf = (calls: ReadonlySet<string>, entry: Entry) =>
  'call_id' in entry && calls.has(entry.call_id);

/**
 * The number up to which the client has all results.
 * @param told results that it is being sent now. They may come after results of other calls, which it does not have yet
 */
export function cursorOf({ log, head }: Seen, told: Result[] = []): number {
  const known = sentIn(log, ['delivered', 'acknowledged']);
  for (const { n } of told) known.add(n);
  const withdrawn = withdrawnIn({ log, head });
  let cursor = 0;
  for (const entry of log) {
    if (known.has(entry.seq)) cursor = entry.seq;
    else if (resultOfCall(entry, head.id) && !isOfOneOf(withdrawn, entry)) break;
  }
  return cursor;
}

/** Seqs of the entries that have a receipt with one of these fates. */
export function sentIn(log: readonly Entry[], fates: EntryOf<'receipt'>['fate'][]): Set<number> {
  const receipts = log.filter((entry) => entry.kind === 'receipt');
  return new Set(receipts.flatMap(({ of, fate }) => (fates.includes(fate) ? of : [])));
}

/**
 * The result of a call in an entry. Its text is data of a tool, and begins with the id of the call.
 * @param begin makes the text of a large result. Default: its beginning, and the resource that has all of it
 */
export function resultOfCall(
  entry: Entry,
  conversation_id: string,
  begin: typeof beginning = beginning,
): Result | undefined {
  const { seq: n, at } = entry;
  switch (entry.kind) {
    case 'call.event': {
      const { call_id, event, percent, note, data, stored } = entry;
      if (event === 'progress') {
        const words = [percent === undefined ? 'running' : `${percent} %`, note].filter(Boolean);
        return { n, at, kind: 'progress', text: `${call_id}: ${words.join(' ')}` };
      }
      const words = stored ? begin({ conversation_id, call_id }, stored) : wordsOf(data);
      return { n, at, kind: 'said', text: `${call_id}, more may follow: ${words}`, data: words };
    }
    case 'call.completed': {
      const { call_id, result, stored } = entry;
      const words = stored ? begin({ conversation_id, call_id }, stored) : wordsOf(result);
      return { n, at, kind: 'said', text: `${call_id}, its last: ${words}`, data: words };
    }
    case 'call.failed': {
      const { call_id, error } = entry;
      return { n, at, kind: 'failed', text: `${call_id} failed: ${error.message} (${error.type})` };
    }
    case 'call.denied': {
      const reason = entry.reason === undefined ? '' : ` ${entry.reason}`;
      return { n, at, kind: 'failed', text: `${entry.call_id} was denied by a person.${reason}` };
    }
    case 'call.cancelled':
      return { n, at, kind: 'failed', text: `${entry.call_id} was cancelled.` };
    case 'call.awaiting_approval':
    case 'conversation.closed':
      return resultOf(entry);
    default:
      return undefined;
  }
}

/** The result of a call that ended before the log had it. Its number is 0. */
export function resultOfEnd(conversation_id: string, call_id: string, end: CallEnd): Result {
  return resultOfCall({ ...bodyOf(end), ...UNLOGGED, call_id }, conversation_id)!;
}

function bodyOf(end: CallEnd) {
  switch (end.type) {
    case 'completed':
      return { kind: 'call.completed' as const, result: end.result, stored: end.stored };
    case 'failed':
      return { kind: 'call.failed' as const, error: end.error };
    case 'cancelled':
      return { kind: 'call.cancelled' as const, by: 'user' };
  }
}

const UNLOGGED = { seq: 0, at: '', actor: { type: 'tool' as const, id: '' }, cause: [] };

const wordsOf = (data: unknown) => (data === undefined ? 'done' : legible(data));

/** The beginning of a large result, which is stored separately, and the resource that has all of it. */
const beginning = (of: { conversation_id: string; call_id: string }, stored: Stored) =>
  `${stored.head} … (${stored.bytes} bytes in all: read the resource ${resultUri({ ...of, n: stored.n })})`;

export const resultUri = ({
  conversation_id,
  call_id,
  n,
}: {
  conversation_id: string;
  call_id: string;
  n: Stored['n'];
}) => `meanwhile://conversations/${conversation_id}/calls/${call_id}/results/${n}`;

/** The result of an agent in an entry. Undefined for an entry that has none. */
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
