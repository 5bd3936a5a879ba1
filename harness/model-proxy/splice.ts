/**
 * What the model is given: the harness's own thread, with the calls that it does not know and their news, each where it happened.
 * Derived from the log alone, so any process gives the same. Pure.
 */
import type { Entry, EntryOf } from '../../contract/entry.ts';
import { CANCEL_TOOL } from '../../contract/names.ts';
import { cut } from '../../contract/stored.ts';
import type { Result } from '../../mcp/server/results.ts';
import { type Spot, placeOf } from './anchor.ts';
import { fingerprint, isOfModel, type ThreadItem, textOf } from './item.ts';
import {
  callItems,
  earlierCalls,
  isPoke,
  newsItems,
  newsText,
  NOTHING_NEW,
  outputOf,
  resultOf,
} from './words.ts';

export interface Spliced {
  items: ThreadItem[];
  /** Seqs of what no model has been told, or was told at a place that the harness has lost. */
  untold: number[];
  /** What was told up to this entry has been answered, as the thread shows. Undefined: nothing that is not acknowledged yet. */
  acknowledged: number | undefined;
}

interface Insertion {
  anchor: string;
  items: ThreadItem[];
  /** What it tells. */
  of: number[];
  callId?: string;
}

/** How many calls of a lost part of the thread are named. */
const MOST_EARLIER = 20;

/** @param nameOf what the model knows a tool as */
export function splice(
  log: readonly Entry[],
  input: readonly ThreadItem[],
  nameOf: (tool: string) => string = (tool) => tool,
): Spliced {
  const facts = read(log);
  const prints = input.map(fingerprint);
  const placed: { place: Spot; insertion: Insertion }[] = [];
  const lost: Insertion[] = [];
  let from = -1;
  const isAcknowledged = (seq: number) => facts.acknowledged.has(seq);
  for (const insertion of insertionsOf(log, facts, nameOf)) {
    const place = placeOf(insertion.anchor, prints, from);
    // What is not answered is told again, not next to where it was.
    const isNews = insertion.callId === undefined && !insertion.of.every(isAcknowledged);
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
    items: assemble(input, placed, earlier(log, lost, facts)),
    untold: [...untold].toSorted((a, b) => a - b),
    acknowledged: acknowledgedBy(input, placed, { ...facts, untold }),
  };
}

/** News in the form in which it is spliced in. @param of seqs of entries of this log */
export function tell(log: readonly Entry[], of: readonly number[]): ThreadItem[] {
  if (of.length === 0) return [];
  const { tools } = read(log);
  return newsItems(`news_${Math.max(...of)}`, newsText(resultsOf(log, of), tools));
}

/** The output of a call as the log has it. Undefined: the log does not have the call. */
export function outputIn(log: readonly Entry[], callId: string): string | undefined {
  const facts = read(log);
  const request = facts.requests.find(({ call_id }) => call_id === callId);
  return request && outputFrom(log, request, facts);
}

interface Facts {
  requests: EntryOf<'call.requested'>[];
  tools: Map<string, string>;
  /** Seqs of entries that a model has to be told. */
  news: number[];
  /** Seqs that were delivered, or need not be. */
  told: Set<number>;
  /** Delivered as the output of the call itself. */
  outright: Set<number>;
  acknowledged: Set<number>;
  /** The last receipt that delivered an entry somewhere, by the entry's seq. */
  shown: Map<number, EntryOf<'receipt'>>;
  cancelled: Map<string, EntryOf<'call.cancelled'>>;
  /** Whose news an entry is, by its seq. */
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
  const { tools, shown } = facts;
  return log.flatMap((entry): Insertion[] => {
    if (entry.kind === 'call.requested' && entry.anchor !== undefined) {
      const { anchor, call_id, tool, input } = entry;
      const output = outputFrom(log, entry, facts);
      const items = callItems({ call_id, name: nameOf(tool), input, output });
      return [{ anchor, items, of: [], callId: call_id }];
    }
    if (entry.kind !== 'receipt' || entry.fate !== 'delivered' || entry.anchor === undefined) {
      return [];
    }
    const of = entry.of.filter((seq) => shown.get(seq) === entry);
    if (of.length === 0) return [];
    const items = newsItems(`news_${Math.max(...of)}`, newsText(resultsOf(log, of), tools));
    return [{ anchor: entry.anchor, items, of }];
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

/** R6: of the progress of a call, only the last is told, and none once the call is over. */
function resultsOf(log: readonly Entry[], of: readonly number[]): Result[] {
  const entries = log.filter(({ seq }) => of.includes(seq));
  const isLater = (entry: Entry & { call_id: string }, than: Entry) =>
    entry.seq > than.seq && (entry.kind !== 'call.event' || entry.event === 'progress');
  return entries.flatMap((entry) => {
    const isStep = entry.kind === 'call.event' && entry.event === 'progress';
    const isMerged =
      isStep &&
      entries.some(
        (other) => 'call_id' in other && other.call_id === entry.call_id && isLater(other, entry),
      );
    return isMerged ? [] : (resultOf(entry) ?? []);
  });
}

function assemble(
  input: readonly ThreadItem[],
  placed: { place: Spot; insertion: Insertion }[],
  before: ThreadItem[],
): ThreadItem[] {
  const at = new Map<number, ThreadItem[]>();
  for (const { place, insertion } of placed) {
    at.set(place.after, [...(at.get(place.after) ?? []), ...insertion.items]);
  }
  const begin = input.findIndex(({ role }) => role !== 'developer' && role !== 'system');
  const items: ThreadItem[] = [...(at.get(-1) ?? [])];
  for (const [nth, item] of input.entries()) {
    if (nth === begin) items.push(...before);
    const inserted = at.get(nth) ?? [];
    if (!isPokeItem(item)) items.push(item);
    else if (inserted.length === 0 && nth < input.length - 1) {
      items.push(...newsItems(`news_at_${nth}`, NOTHING_NEW));
    }
    items.push(...inserted);
  }
  return items;
}

/** Whether the harness was told to begin a turn: its last item asks for news. */
export const isPoked = (input: readonly ThreadItem[]): boolean =>
  input.length > 0 && isPokeItem(input.at(-1)!);

const isPokeItem = ({ type = 'message', role, content }: ThreadItem) =>
  type === 'message' && role === 'user' && isPoke(textOf(content));

/** The calls whose places the harness has dropped, so that the model still knows of them. */
function earlier(
  log: readonly Entry[],
  lost: Insertion[],
  { requests, cancelled }: Facts,
): ThreadItem[] {
  const ids = lost.flatMap(({ callId }) => callId ?? []).slice(-MOST_EARLIER);
  if (ids.length === 0) return [];
  const lines = ids.map((id) => {
    const { tool, input } = requests.find(({ call_id }) => call_id === id)!;
    const results = log.flatMap((entry) =>
      'call_id' in entry && entry.call_id === id ? (resultOf(entry)?.text ?? []) : [],
    );
    const state = cancelled.has(id) ? 'cancelled' : (results.at(-1) ?? 'under way');
    return `${tool} ${id} ${shortened(JSON.stringify(input))}: ${shortened(state)}`;
  });
  return newsItems('news_earlier', earlierCalls(lines));
}

const shortened = (text: string) => (text.length > 300 ? `${cut(text, 0, 300)}…` : text);

/** Everything before the first news that is not answered yet. */
function acknowledgedBy(
  input: readonly ThreadItem[],
  placed: { place: Spot; insertion: Insertion }[],
  { acknowledged, untold, news, outright }: Facts & { untold: Set<number> },
): number | undefined {
  const answered = input.findLastIndex(isOfModel);
  const heard = new Set<number>();
  for (const { place, insertion } of placed) {
    if (place.isExact && place.after < answered) for (const seq of insertion.of) heard.add(seq);
  }
  let upTo: number | undefined;
  for (const seq of news) {
    if (acknowledged.has(seq) || outright.has(seq)) continue;
    if (untold.has(seq) || !heard.has(seq)) break;
    upTo = seq;
  }
  return upTo;
}
