/**
 * The part of the log that the model sees: a range, the summary of what comes before, and which calls were requested before it.
 */
import type { Entry } from '../../contract/entry.ts';
import type { ConversationKey } from '../../contract/names.ts';
import type { Store } from '../../store/store.ts';

export interface Window {
  /** In order, without gaps. */
  entries: Entry[];
  /** Entries from before the range about calls that the range mentions: what was requested, and why a user is asked. */
  earlier: Entry[];
  /** The text that stands for what comes before the range. */
  summary?: string;
}

export interface WindowRange {
  conversation: ConversationKey;
  from: number;
  to: number;
  /** Seq of a summary entry. */
  summary?: number;
  /** Seqs before `from` that are needed whatever the range contains. */
  before?: number[];
  /** The end of the range as it will be in the log: it need not have been written yet. */
  end?: Entry[];
}

/** @throws Error when the log lacks the summary, which is written before it is referred to */
export async function readWindow(
  store: Pick<Store, 'window'>,
  { conversation, from, to, summary, before = [], end = [] }: WindowRange,
): Promise<Window> {
  const read = (range: { from: number; to: number }) => store.window(conversation, range);
  const given = end.filter(({ seq }) => seq >= from);
  const last = given.length > 0 ? given[0]!.seq - 1 : to;
  const written = last >= from ? await read({ from, to: last }) : [];
  const entries = [...written, ...given];
  const [text, earlier] = await Promise.all([
    summary === undefined ? undefined : readSummary(read, summary),
    readEarlier(read, [...before, ...requestsBefore(entries, from)]),
  ]);
  return { entries, earlier, ...(text !== undefined && { summary: text }) };
}

type Read = (range: { from: number; to: number }) => Promise<Entry[]>;

async function readSummary(read: Read, seq: number): Promise<string> {
  const [entry] = await read({ from: seq, to: seq });
  if (entry?.kind === 'summary') return entry.text;
  throw new Error(`Entry ${seq} is not a summary but ${entry?.kind ?? 'missing'}.`);
}

async function readEarlier(read: Read, seqs: number[]): Promise<Entry[]> {
  const wanted = [...new Set(seqs)].sort((a, b) => a - b);
  const found = await Promise.all(wanted.map((seq) => read({ from: seq, to: seq })));
  return found.flat().filter((entry) => OF_A_REQUEST.has(entry.kind));
}

const OF_A_REQUEST: ReadonlySet<Entry['kind']> = new Set([
  'call.requested',
  'call.awaiting_approval',
] satisfies Entry['kind'][]);

/** Everything that a call produces names its request among its causes. */
function requestsBefore(entries: Entry[], from: number): number[] {
  const ofCalls = entries.filter(isOfCall);
  const requested = new Set(
    ofCalls.filter(({ kind }) => kind === 'call.requested').map(({ call_id }) => call_id),
  );
  return ofCalls
    .filter(({ call_id }) => !requested.has(call_id))
    .flatMap(({ cause }) => cause.filter((seq) => seq < from));
}

/** By its kind, since `in` takes V8 long on entries of many shapes. */
const isOfCall = (entry: Entry): entry is Extract<Entry, { call_id: string }> =>
  entry.kind.startsWith('call.');
