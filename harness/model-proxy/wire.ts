/** What the proxy needs to know of an API between a harness and its model: how to write a thread and how to read an answer. */
import type { ProxyItem, Piece, ToldCall } from './item.ts';
import type { DeclaredFunction } from './offered.ts';

export type ProxyBody = Record<string, unknown>;

/** Where an API allows calls among a thread's items. */
export interface Layout {
  /** Index of the item closest to `after` that a call may follow. -1: the beginning of the thread. */
  spotFor(items: readonly ProxyItem[], after: number): number;
  /** Whether a poke stays before the news that it stands for, because a call must follow a user's message. */
  keepsPokes: boolean;
}

/** @param Event of the stream of an answer */
export interface Wire<Event> {
  path: `/${string}`;
  layout: Layout;
  /** Why the proxy cannot serve the request. Undefined if it can. */
  refuses(body: ProxyBody): string | undefined;
  itemsOf(body: ProxyBody): ProxyItem[];
  /** The names of the harness's own functions. */
  namesIn(body: ProxyBody): string[];
  /** The items of the request that represent a piece of the thread. */
  written(piece: Piece): object[];
  /**
   * The request to the model server.
   * @param thread.isFirst false: the model has made the call that the harness's `tool_choice` demanded
   */
  request(
    body: ProxyBody,
    thread: { items: object[]; functions: DeclaredFunction[]; isFirst: boolean },
  ): ProxyBody;
  /**
   * @param data of an event of the stream
   * @param name of the event, if it has one
   * @returns undefined for an event without content
   */
  read(data: string, name?: string): Event | undefined;
  /** Reads an answer that is not a stream. Absent if the API always streams. */
  readWhole?(body: string): Event;
  /** @param ours the names of the proxy's functions */
  createMerge(ours: ReadonlySet<string>): Merge<Event>;
  /** The event for a refusal of the model server in the middle of an answer. */
  failure(error: { code: string; message: string }): Event;
  /** The text of an event in the stream to the harness. */
  frame(event: Event): string;
  /** The text that ends the stream to the harness. */
  ending: string;
  /** The events of an answer as one object, for a harness that does not stream. */
  whole(events: Event[]): { status: number; body: object };
}

/**
 * Merges several answers of a model into one. Between them the proxy runs its own calls. The harness sees the text and its own calls as if
 * there had been one answer.
 */
export interface Merge<Event> {
  /** Begins the next answer of the model. */
  round(): ProxyRound<Event>;
  /** The items that the answer has added to the harness's thread so far. */
  output: readonly ProxyItem[];
}

export interface ProxyRound<Event> {
  /** @returns the events that the harness is sent */
  take(event: Event): Event[];
  /** Call at the end of the stream. Returns undefined if the stream broke off. */
  end(): RoundEnd<Event> | undefined;
}

export interface RoundEnd<Event> {
  /** False if the answer was cut off or failed, so that its calls may be incomplete. */
  isComplete: boolean;
  /** The calls of the proxy's functions, in the model's order. */
  calls: OwnCall[];
  /** Whether the harness has to act before the model can continue, such as run a call of its own. */
  waitsForHarness: boolean;
  /** The events that the harness is sent if no other round follows. */
  last(): Event[];
  /**
   * The model's items for the next request, with the outputs of its calls.
   * @param told the calls of `calls` with their outputs, in the same order
   */
  items(told: readonly ToldCall[]): object[];
}

export interface OwnCall {
  /** The model server's id of the call. */
  call_id: string;
  name: string;
  arguments: string;
  /** How many items of `output` come before it. */
  after: number;
}
