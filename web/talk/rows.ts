/** The log as rows from top to bottom, each with the calls that were open beside it. Pure. */
import type {
  CallState,
  ConversationState,
  Entry,
  EntryOf,
  Message,
  PartialResult,
} from '../../client/index.ts';

export type Row = Said | CallRow | ResultRow | EndRow | NoticeRow;

interface Placed {
  key: string;
  seq: number;
  at: string;
  /** The calls that are open beside it, by lane. */
  lanes: readonly Lane[];
}

export interface Said extends Placed {
  kind: 'message';
  message: Message;
}
/** A call was requested. */
export interface CallRow extends Placed {
  kind: 'call';
  call: CallState;
}
export interface ResultRow extends Placed {
  kind: 'result';
  call: CallState;
  result: PartialResult;
}
/** A call is over. */
export interface EndRow extends Placed {
  kind: 'end';
  call: CallState;
}
export type Notice = EntryOf<
  | 'limit.reached'
  | 'summary'
  | 'summary.failed'
  | 'conversation.reset'
  | 'signal.dropped'
  | 'conversation.closed'
>;
export interface NoticeRow extends Placed {
  kind: 'notice';
  entry: Notice;
}

/** A piece of the line of a call, as high as a row. */
export interface Lane {
  /** 0 is next to the text. */
  lane: number;
  call: CallState;
  part: 'start' | 'through' | 'end';
}

/** Lines of further calls are not drawn. */
export const MOST_LANES = 4;

type Unplaced = { [K in Row['kind']]: Omit<Extract<Row, { kind: K }>, 'lanes'> }[Row['kind']];

type Looked = Pick<ConversationState, 'messages' | 'calls' | 'entries'>;

export function rowsOf(state: Looked): Row[] {
  const rows: Unplaced[] = [
    ...state.messages.filter(isShown).map((message): Unplaced => {
      const { seq, at, id } = message;
      return { kind: 'message', key: `${message.from}:${id}`, seq, at, message };
    }),
    ...state.calls.flatMap(rowsOfCall),
    ...state.entries.filter(isNotice).map((entry): Unplaced => {
      return { kind: 'notice', key: `notice:${entry.seq}`, seq: entry.seq, at: entry.at, entry };
    }),
  ];
  return withLanes(rows.sort((a, b) => a.seq - b.seq || order(a) - order(b)));
}

/**
 * For a log that is shown again and again. While a reply grows, which it does with every frame, only its row is new.
 * @returns a function like `rowsOf` that keeps the rows of its last call
 */
export function createRows(): (state: Looked) => Row[] {
  let known: { state: Looked; rows: Row[] } | undefined;
  return (state) => {
    const rows = (known && withOneMessage(known.rows, known.state, state)) ?? rowsOf(state);
    known = { state, rows };
    return rows;
  };
}

/** @returns the index of the row that shows the entry with this seq, or else of the last row before it */
export function rowOf(rows: readonly Row[], entries: readonly Entry[], seq: number): number {
  const entry = entries.find((each) => each.seq === seq);
  // A reply is shown where it started, and other entries may have come before its end.
  const id = entry?.kind.startsWith('reply.') && 'reply_id' in entry ? entry.reply_id : undefined;
  const own = rows.findLastIndex((row) => row.kind === 'message' && row.message.id === id);
  return own === -1 ? rows.findLastIndex((row) => row.seq <= seq) : own;
}

/** Undefined if anything but a single message has changed. */
function withOneMessage(rows: Row[], before: Looked, now: Looked): Row[] | undefined {
  if (now.entries.length !== before.entries.length) return undefined;
  if (now.entries.at(-1) !== before.entries.at(-1)) return undefined;
  if (now.messages.length !== before.messages.length) return undefined;
  if (now.calls.some((call, nth) => call !== before.calls[nth])) return undefined;
  const changed = now.messages.filter((message, nth) => message !== before.messages[nth]);
  const [message] = changed;
  if (!message) return rows;
  if (changed.length > 1) return undefined;
  const at = rows.findLastIndex((row) => row.kind === 'message' && row.message.id === message.id);
  const row = rows[at];
  return row?.kind === 'message' ? rows.with(at, { ...row, message }) : undefined;
}

/** A reply that was interrupted before its first word has no row. The timeline shows it. */
const isShown = (message: Message) =>
  message.from === 'user' || message.status !== 'interrupted' || message.text !== '';

function rowsOfCall(call: CallState): Unplaced[] {
  const { id, seq, requested_at, ended_at, ended_seq, results } = call;
  return [
    { kind: 'call', key: `call:${id}`, seq, at: requested_at, call },
    ...results.map((result): Unplaced => {
      const key = `result:${id}:${result.n}`;
      return { kind: 'result', key, seq: result.seq, at: result.at, call, result };
    }),
    ...(ended_seq === undefined
      ? []
      : [{ kind: 'end' as const, key: `end:${id}`, seq: ended_seq, at: ended_at!, call }]),
  ];
}

const order = ({ kind }: Unplaced) => (kind === 'end' ? 1 : 0);

function withLanes(rows: Unplaced[]): Row[] {
  const taken: (CallState | undefined)[] = [];
  return rows.map((row) => {
    if (row.kind === 'call') {
      const free = taken.findIndex((call) => call === undefined);
      taken[free === -1 ? taken.length : free] = row.call;
    }
    const lanes = taken.flatMap((call, lane): Lane[] => {
      if (!call || lane >= MOST_LANES) return [];
      return [{ lane, call, part: partOf(row, call) }];
    });
    if (row.kind === 'end') {
      const own = taken.findIndex((call) => call?.id === row.call.id);
      if (own !== -1) taken[own] = undefined;
    }
    return { ...row, lanes };
  });
}

function partOf(row: Unplaced, { id }: CallState): Lane['part'] {
  if (row.kind === 'call' && row.call.id === id) return 'start';
  if (row.kind === 'end' && row.call.id === id) return 'end';
  return 'through';
}

const NOTICES = new Set<Entry['kind']>([
  'limit.reached',
  'summary',
  'summary.failed',
  'conversation.reset',
  'signal.dropped',
  'conversation.closed',
] satisfies Notice['kind'][]);

const isNotice = (entry: Entry): entry is Notice => NOTICES.has(entry.kind);
