/** Makes one answer to a harness: asks the model, runs its calls of the proxy's tools, and asks again until it makes none. */
import { isCallEnd } from '../../contract/call-ends.ts';
import type { Entry } from '../../contract/entry.ts';
import { CANCEL_TOOL, EVENT_TOOL } from '../../contract/names.ts';
import { anchorAfter } from './anchor.ts';
import type { Piece, ToldCall } from './item.ts';
import { createOffer, type OfferedFunction } from './offered.ts';
import { isPoked, outputIn, splice, tell } from './splice.ts';
import type { ProxyBody, OwnCall, RoundEnd, Wire } from './wire.ts';
import { newsCall, NOTHING_NEW, outputOf } from './words.ts';

/** The conversation that has the calls of a thread. */
export interface Thread {
  log(): Promise<Entry[]>;
  /**
   * Waits until the log meets the condition, at most `wait_ms`.
   * @returns the log then
   */
  until(isMet: (log: readonly Entry[]) => boolean, wait_ms: number): Promise<Entry[]>;
  /** Requests a call; a repeat of a key returns the same call. `refused`: why it was refused, for the model. */
  request(call: ThreadCall): Promise<{ call_id: string } | { refused: string }>;
  /** Records that the entries with these seqs were delivered: at the anchor, or without one as the output of their call. */
  deliver(of: number[], anchor?: string): Promise<void>;
  /** Records that the model has answered to everything up to this seq. */
  acknowledge(to: number): Promise<void>;
}

export interface ThreadCall {
  tool: string;
  input: unknown;
  anchor: string;
  key: string;
}

/** The answer of a model server: its response if it refuses, otherwise its stream. */
export type ModelAnswer<Event> =
  | { refused: Response; events?: undefined }
  | { refused?: undefined; events: AsyncIterable<Event> };

export interface ReplyParts<Event> {
  wire: Wire<Event>;
  ask(body: ProxyBody): Promise<ModelAnswer<Event>>;
  thread: Thread;
  offered: OfferedFunction[];
  /** How long a call may take before it is suspended. Milliseconds. */
  grace_ms: number;
  /** How many requests to the model may offer the proxy's tools. */
  most_rounds: number;
}

/** How long to wait until the log has what was signalled. */
const WRITTEN_MS = 3_000;

/**
 * @param isAside the request is not a turn: the model gets none of the proxy's tools and no news
 * @throws what `ask` and `thread` throw; the stream throws BrokenStream
 */
export async function reply<Event>(
  { wire, ask, thread, offered, grace_ms, most_rounds }: ReplyParts<Event>,
  body: ProxyBody,
  isAside: boolean,
): Promise<ModelAnswer<Event>> {
  const input = wire.itemsOf(body);
  const offer = createOffer(isAside ? [] : offered, wire.namesIn(body));
  const layout = { ...wire.layout, nameOf: offer.shown };
  let log = await thread.log();
  const placed = countByAnchor(log);
  const spliced = splice(log, input, layout);
  if (spliced.acknowledged !== undefined) {
    // Nothing is lost without the receipt.
    void thread.acknowledge(spliced.acknowledged).catch(() => {});
  }
  const items = spliced.pieces.flatMap(wire.written);
  const add = (calls: ToldCall[]) =>
    items.push(...calls.flatMap((call) => wire.written({ kind: 'call', call } satisfies Piece)));
  const told = new Set<number>();
  let telling = isAside ? [] : spliced.untold;
  add(tell(log, telling));
  if (telling.length === 0 && isPoked(input)) add([newsCall('news_none', NOTHING_NEW)]);

  const merge = wire.createMerge(offer.names);
  const anchorAt = (after: number) => anchorAfter([...input, ...merge.output.slice(0, after)]);
  let rounds = 0;

  const askAgain = (): Promise<ModelAnswer<Event>> => {
    rounds += 1;
    const functions = rounds <= most_rounds ? offer.functions : [];
    return ask(wire.request(body, { items, functions, isFirst: rounds === 1 }));
  };

  async function* events(first: AsyncIterable<Event>): AsyncGenerator<Event> {
    for (let answered = first; ;) {
      const anchor = anchorAt(merge.output.length);
      const round = merge.round();
      for await (const event of answered) yield* round.take(event);
      const end = round.end();
      if (!end) throw new BrokenStream();
      if (end.isComplete && telling.length > 0) {
        for (const seq of telling) told.add(seq);
        await thread.deliver(telling, anchor);
      }
      const isRun = end.isComplete && rounds <= most_rounds;
      const made = isRun ? await runAll(end) : [];
      log = await thread.until((now) => telling.every(isDelivered(now)), WRITTEN_MS);
      if (!isRun || end.calls.length === 0 || end.waitsForHarness) {
        yield* end.last();
        return;
      }
      items.push(...made);
      telling = splice(log, input, layout).untold.filter((seq) => !told.has(seq));
      add(tell(log, telling));
      const next = await askAgain();
      if (next.refused) {
        yield wire.failure(await errorIn(next.refused));
        return;
      }
      answered = next.events;
    }
  }

  /** @returns the model's items of this round, with the outputs of the proxy's calls */
  async function runAll(end: RoundEnd<Event>): Promise<object[]> {
    const running: (() => Promise<ToldCall>)[] = [];
    // The calls are requested one after the other, so that the log has them in this order.
    for (const call of end.calls) running.push(await request(call));
    return end.items(await Promise.all(running.map((outcomeOf) => outcomeOf())));
  }

  async function request(call: OwnCall): Promise<() => Promise<ToldCall>> {
    const refuse = (output: string) => async () => ({ ...called(call), output });
    const tool = offer.real(call.name);
    if (tool === EVENT_TOOL) return refuse(NOTHING_NEW);
    const given = argumentsOf(call);
    if (!given) return refuse('The arguments are not a JSON object.');
    const anchor = anchorAt(call.after);
    const nth = placed.get(anchor) ?? 0;
    const key = JSON.stringify([anchor, nth, tool, call.arguments]);
    const requested = await thread.request({ tool, input: given, anchor, key });
    if ('refused' in requested) return refuse(requested.refused);
    placed.set(anchor, nth + 1);
    const { call_id } = requested;
    const made = { call_id, name: call.name, arguments: JSON.stringify(given) };
    return async () => ({ ...made, output: await outcome(call_id, tool) });
  }

  /** The output of a call: its results until its end or the end of the grace time. Later results are news. */
  async function outcome(call_id: string, tool: string): Promise<string> {
    const now = await thread.until((seen) => isOver(seen, call_id), grace_ms);
    const of = newsOf(now, call_id);
    const untold = of.filter((seq) => !isDelivered(now)(seq));
    if (untold.length > 0) await thread.deliver(untold);
    // The end of `cancel_call` is not news, so it gets no receipt.
    const awaited = tool === CANCEL_TOOL ? [] : untold;
    const seen = await thread.until(
      (one) => outputIn(one, call_id) !== undefined && awaited.every(isDelivered(one)),
      WRITTEN_MS,
    );
    return outputIn(seen, call_id) ?? outputOf({ call_id, tool }, [], { isOver: false });
  }

  const first = await askAgain();
  return first.refused ? first : { events: events(first.events) };
}

/** The model server closed the connection in the middle of an answer. The harness sees the same. */
export class BrokenStream extends Error {
  override name = 'BrokenStream';
  constructor(options?: ErrorOptions) {
    super('The model server broke the connection in the middle of its answer.', options);
  }
}

/** How many calls the log has at each anchor. The anchor and the number of a call identify it when the harness repeats its request. */
function countByAnchor(log: readonly Entry[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const entry of log) {
    if (entry.kind !== 'call.requested' || entry.anchor === undefined) continue;
    counts.set(entry.anchor, (counts.get(entry.anchor) ?? 0) + 1);
  }
  return counts;
}

const called = ({ call_id, name, arguments: input }: OwnCall) => ({
  call_id,
  name,
  arguments: input,
});

function argumentsOf({ arguments: text }: OwnCall): object | undefined {
  try {
    const value: unknown = JSON.parse(text === '' ? '{}' : text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const isOver = (log: readonly Entry[], callId: string) =>
  log.some((entry) => isCallEnd(entry) && entry.call_id === callId);

const newsOf = (log: readonly Entry[], callId: string): number[] =>
  log.flatMap((entry) => {
    const isNews =
      (isCallEnd(entry) && entry.kind !== 'call.cancelled') || entry.kind === 'call.event';
    return isNews && entry.call_id === callId ? [entry.seq] : [];
  });

const isDelivered = (log: readonly Entry[]) => (seq: number) =>
  log.some((entry) => entry.kind === 'receipt' && entry.of.includes(seq));

/** The code and message of a refusal, whether or not its body has the usual form. */
async function errorIn(refused: Response): Promise<{ code: string; message: string }> {
  const text = await refused.text();
  let said: { code?: unknown; message?: unknown } = {};
  try {
    said = (JSON.parse(text) as { error?: typeof said }).error ?? {};
  } catch {
    // The body is not JSON, so its text becomes the message.
  }
  return {
    code: typeof said.code === 'string' ? said.code : 'server_error',
    message: String(said.message ?? (text || `The model server answered ${refused.status}.`)),
  };
}
