/**
 * Builds the thread for the model: the harness's own items, with the calls that the harness does not know and their news, each at the
 * position where it happened. The result depends only on the log and the thread, so every process builds the same. Pure.
 */
import type { Entry, EntryOf } from '../../contract/entry.ts';
import { unmerged } from '../../contract/merged.ts';
import { CANCEL_TOOL } from '../../contract/names.ts';
import { cut } from '../../contract/stored.ts';
import type { Result } from '../../mcp/server/results.ts';
import { type Spot, placeOf } from './anchor.ts';
import type { ProxyItem, Piece, ToldCall } from './item.ts';
import type { Layout } from './wire.ts';
import {
  earlierCalls,
  isPoke,
  newsCall,
  newsText,
  NOTHING_NEW,
  outputOf,
  resultOf,
} from './words.ts';

export interface Spliced {
  pieces: Piece[];
  /** Seqs of news that was not delivered, or was delivered at a position that the harness has lost. */
  untold: number[];
  /** The thread shows that the model has answered to the news up to this seq. Undefined if nothing is left to acknowledge. */
  acknowledged: number | undefined;
}

interface Insertion {
  anchor: string;
  call: ToldCall;
  /** Seqs of the news that it tells. Empty for a call that the model made. */
  of: number[];
}

interface Placed {
  place: Spot;
  insertion: Insertion;
}

/** How many calls of a dropped part of the thread are listed. */
const MOST_EARLIER = 20;

/**
 * @param input the harness's thread
 * @param layout.nameOf the name under which the model sees a tool
 */
export function splice(
  log: readonly Entry[],
  input: readonly ProxyItem[],
  { nameOf, ...layout }: Layout & { nameOf(tool: string): string },
): Spliced {
  const facts = read(log);
  const placed: Placed[] = [];
  const lost: Insertion[] = [];
  let from = -1;
  const isAcknowledged = (seq: number) => facts.acknowledged.has(seq);
  for (const insertion of insertionsOf(log, facts, nameOf)) {
    const place = placeOf(insertion.anchor, input, from);
    // Unanswered news whose position is lost is told again, and not at the closest position.
    const isNews = !insertion.of.every(isAcknowledged);
    if (place && (place.isExact || !isNews)) {
      placed.push({ place, insertion });
      from = Math.max(from, place.after);
    } else lost.push(insertion);
  }
  const untold = new Set(facts.news.filter((seq) => !facts.told.has(seq)));
  for (const { of } of lost) {
    for (const seq of of) {
      const isCancelled = facts.cancelled.has(facts.callOf.get(seq) ?? '');
      if (!isAcknowledged(seq) && !isCancelled) untold.add(seq);
    }
  }
  return {
    pieces: assemble(input, placed, { ...layout, earlier: earlier(log, lost, facts) }),
    untold: [...untold].toSorted((a, b) => a - b),
    acknowledged: acknowledgedBy(input, placed, { ...facts, untold }),
  };
}

/**
 * News in the form in which `splice` inserts it.
 * @param of seqs of entries of this log
 */
export function tell(log: readonly Entry[], of: readonly number[]): ToldCall[] {
  return of.length === 0 ? [] : [newsOf(log, of, read(log))];
}

const newsOf = (log: readonly Entry[], of: readonly number[], { tools }: Facts): ToldCall =>
  newsCall(`news_${Math.max(...of)}`, newsText(resultsOf(log, of), tools));

/** The output of a call. Undefined if the log does not have the call. */
export function outputIn(log: readonly Entry[], callId: string): string | undefined {
  const facts = read(log);
  const request = facts.requests.find(({ call_id }) => call_id === callId);
  return request && outputFrom(log, request, facts);
}

interface Facts {
  requests: EntryOf<'call.requested'>[];
  tools: Map<string, string>;
  /** Seqs of entries that must be delivered to a model. */
  news: number[];
  /** Seqs that have a receipt of any fate. */
  told: Set<number>;
  /** Seqs that were delivered as the output of the call itself. */
  outright: Set<number>;
  acknowledged: Set<number>;
  /** The last receipt that delivered an entry somewhere, by the entry's seq. */
  shown: Map<number, EntryOf<'receipt'>>;
  cancelled: Map<string, EntryOf<'call.cancelled'>>;
  /** The id of the call whose news an entry is, by the entry's seq. */
  callOf: Map<number, string>;
}

function read(log: readonly Entry[]): Facts {
  const facts: Facts = {
    requests: [],
    tools: new Map(),
    news: [],
    told: new Set(),
    outright: new Set(),
    acknowledged: new Set(),
    shown: new Map(),
    cancelled: new Map(),
    callOf: new Map(),
  };
  for (const entry of log) {
    switch (entry.kind) {
      case 'call.requested':
        facts.requests.push(entry);
        facts.tools.set(entry.call_id, entry.tool);
        break;
      case 'call.event':
      case 'call.completed':
      case 'call.failed':
      case 'call.denied':
        if (facts.tools.get(entry.call_id) === CANCEL_TOOL) facts.outright.add(entry.seq);
        else facts.news.push(entry.seq);
        facts.callOf.set(entry.seq, entry.call_id);
        break;
      case 'call.cancelled':
        facts.cancelled.set(entry.call_id, entry);
        break;
      case 'receipt':
        for (const seq of entry.of) {
          facts.told.add(seq);
          if (entry.fate === 'acknowledged') facts.acknowledged.add(seq);
          if (entry.fate !== 'delivered') continue;
          if (entry.anchor === undefined) facts.outright.add(seq);
          else facts.shown.set(seq, entry);
        }
        break;
      default:
        break;
    }
  }
  return facts;
}

function insertionsOf(
  log: readonly Entry[],
  facts: Facts,
  nameOf: (tool: string) => string,
): Insertion[] {
  const { shown } = facts;
  return log.flatMap((entry): Insertion[] => {
    if (entry.kind === 'call.requested' && entry.anchor !== undefined) {
      const { anchor, call_id, tool, input } = entry;
      const output = outputFrom(log, entry, facts);
      const call = { call_id, name: nameOf(tool), arguments: JSON.stringify(input), output };
      return [{ anchor, call, of: [] }];
    }
    if (entry.kind !== 'receipt' || entry.fate !== 'delivered' || entry.anchor === undefined) {
      return [];
    }
    const of = entry.of.filter((seq) => shown.get(seq) === entry);
    return of.length === 0 ? [] : [{ anchor: entry.anchor, call: newsOf(log, of, facts), of }];
  });
}

function outputFrom(
  log: readonly Entry[],
  request: EntryOf<'call.requested'>,
  { outright, cancelled }: Facts,
): string {
  const own = log.filter(
    (entry) => 'call_id' in entry && entry.call_id === request.call_id && outright.has(entry.seq),
  );
  const isOver = own.some(({ kind }) => kind !== 'call.event');
  const by = cancelled.get(request.call_id)?.by;
  return outputOf(
    request,
    own.flatMap((entry) => resultOf(entry) ?? []),
    { isOver, wasCancelled: by !== undefined && by !== 'agent' },
  );
}

const resultsOf = (log: readonly Entry[], of: readonly number[]): Result[] =>
  unmerged(log.filter(({ seq }) => of.includes(seq))).flatMap((entry) => resultOf(entry) ?? []);

function assemble(
  input: readonly ProxyItem[],
  placed: readonly Placed[],
  { spotFor, keepsPokes, earlier: before }: Layout & { earlier: ToldCall[] },
): Piece[] {
  const at = new Map<number, ToldCall[]>();
  const put = (after: number, call: ToldCall) => {
    const spot = spotFor(input, after);
    at.set(spot, [...(at.get(spot) ?? []), call]);
  };
  const begin = input.findIndex(({ by }) => by !== 'instructions');
  for (const call of before) put(Math.max(begin - 1, -1), call);
  for (const { place, insertion } of placed) put(place.after, insertion.call);
  const pieces: Piece[] = (at.get(-1) ?? []).map(asPiece);
  for (const [nth, item] of input.entries()) {
    const calls = at.get(nth) ?? [];
    if (!isPokeItem(item) || keepsPokes) pieces.push({ kind: 'item', item });
    if (isPokeItem(item) && calls.length === 0 && nth < input.length - 1) {
      calls.push(newsCall(`news_at_${nth}`, NOTHING_NEW));
    }
    pieces.push(...calls.map(asPiece));
  }
  return pieces;
}

const asPiece = (call: ToldCall): Piece => ({ kind: 'call', call });

/** Whether a push has started this turn: the last item of the thread is a poke. */
export const isPoked = (input: readonly ProxyItem[]): boolean =>
  input.length > 0 && isPokeItem(input.at(-1)!);

const isPokeItem = ({ by, text }: ProxyItem) => by === 'user' && isPoke(text);

/** A list of the calls whose positions the harness has dropped, so that the model still knows of them. */
function earlier(
  log: readonly Entry[],
  lost: Insertion[],
  { requests, cancelled }: Facts,
): ToldCall[] {
  const made = lost.filter(({ of }) => of.length === 0).slice(-MOST_EARLIER);
  const ids = made.map(({ call }) => call.call_id);
  if (ids.length === 0) return [];
  const lines = ids.map((id) => {
    const { tool, input } = requests.find(({ call_id }) => call_id === id)!;
    const results = log.flatMap((entry) =>
      'call_id' in entry && entry.call_id === id ? (resultOf(entry)?.text ?? []) : [],
    );
    const state = cancelled.has(id) ? 'cancelled' : (results.at(-1) ?? 'under way');
    return `${tool} ${id} ${shortened(JSON.stringify(input))}: ${shortened(state)}`;
  });
  return [newsCall('news_earlier', earlierCalls(lines))];
}

const shortened = (text: string) => (text.length > 300 ? `${cut(text, 0, 300)}…` : text);

/** Seq of the last news before the first that is not answered yet. */
function acknowledgedBy(
  input: readonly ProxyItem[],
  placed: readonly Placed[],
  { acknowledged, untold, news, outright }: Facts & { untold: Set<number> },
): number | undefined {
  const answered = input.findLastIndex(({ by }) => by === 'model');
  const wasAnswered = new Set<number>();
  for (const { place, insertion } of placed) {
    if (place.isExact && place.after < answered)
      for (const seq of insertion.of) wasAnswered.add(seq);
  }
  let upTo: number | undefined;
  for (const seq of news) {
    if (acknowledged.has(seq) || outright.has(seq)) continue;
    if (untold.has(seq) || !wasAnswered.has(seq)) break;
    upTo = seq;
  }
  return upTo;
}
