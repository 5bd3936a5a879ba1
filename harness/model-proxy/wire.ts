/** What the proxy needs of an API between a harness and its model: how a thread is written in it, and how an answer is read from it. */
import type { ProxyItem, Piece, ToldCall } from './item.ts';
import type { DeclaredFunction } from './offered.ts';

export type ProxyBody = Record<string, unknown>;

/** How calls may stand among a thread's items. */
export interface Layout {
  /** The item after which a call may stand, closest to this one. -1: before all. */
  spotFor(items: readonly ProxyItem[], after: number): number;
  /** Whether the line that wakes a harness stays before the news that it stands for, because a call needs a user's turn before it. */
  keepsPokes: boolean;
}

/** @param Event of the stream of an answer */
export interface Wire<Event> {
  path: `/${string}`;
  layout: Layout;
  /** Why the proxy cannot serve the request. */
  refuses(body: ProxyBody): string | undefined;
  itemsOf(body: ProxyBody): ProxyItem[];
  /** The names of the harness's own functions. */
  namesIn(body: ProxyBody): string[];
  written(piece: Piece): object[];
  /** The request to the model server. @param isFirst false: what the harness wants called first was called */
  request(
    body: ProxyBody,
    thread: { items: object[]; functions: DeclaredFunction[]; isFirst: boolean },
  ): ProxyBody;
  /** @param data of an event of the stream. @returns undefined for one that says nothing */
  read(data: string): Event | undefined;
  /** An answer that is not a stream. Absent: there are none. */
  readWhole?(body: string): Event;
  /** @param ours the names of the proxy's functions */
  createMerge(ours: ReadonlySet<string>): Merge<Event>;
  /** A refusal of the model server in the middle of an answer. */
  failure(error: { code: string; message: string }): Event;
  /** For the stream to the harness. */
  frame(event: Event): string;
  /** What ends the stream to the harness. */
  ending: string;
  /** The events of an answer as one object, for a harness that does not stream. */
  whole(events: Event[]): { status: number; body: object };
}

/**
 * Several answers of a model as one: between them the proxy runs the calls that are its own. The harness sees the words and its own
 * calls, as if there had been one answer.
 */
export interface Merge<Event> {
  /** Begins the next answer. */
  round(): ProxyRound<Event>;
  /** The items of the harness's thread that the answer has made so far. */
  output: readonly ProxyItem[];
}

export interface ProxyRound<Event> {
  /** @returns what the harness is sent */
  take(event: Event): Event[];
  /** The stream has ended. @returns undefined if it broke off */
  end(): RoundEnd<Event> | undefined;
}

export interface RoundEnd<Event> {
  /** False: it was cut off or failed, and its calls may lack something. */
  isComplete: boolean;
  /** Those of the proxy's functions, in the model's order. */
  calls: OwnCall[];
  /** Whether the harness has to do something before the model can go on. */
  waitsForHarness: boolean;
  /** What the harness is sent if no other round follows. */
  last(): Event[];
  /** What the model has said and called, with the outputs of `calls` in their order, for the next request. */
  items(told: readonly ToldCall[]): object[];
}

export interface OwnCall {
  /** As the model server names it. */
  call_id: string;
  name: string;
  arguments: string;
  /** How many items of `output` come before it. */
  after: number;
}
