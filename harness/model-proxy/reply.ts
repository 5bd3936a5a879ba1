/** One answer to a harness: asks the model, runs the calls that are the proxy's, and asks again until only words are left. */
import { isCallEnd } from '../../contract/call-ends.ts';
import type { Entry } from '../../contract/entry.ts';
import { CANCEL_TOOL, EVENT_TOOL } from '../../contract/names.ts';
import type { ResultRange } from '../../contract/result-count.ts';
import { anchorAfter } from './anchor.ts';
import { type ThreadItem, itemsOf } from './item.ts';
import { createMerge, type ModelRound, type StreamEvent } from './merge.ts';
import { isPoked, outputIn, splice, tell } from './splice.ts';
import { callItems, expected, newsItems, NOTHING_NEW, outputOf, OWN_TOOLS } from './words.ts';

export interface OfferedFunction {
  name: string;
  description: string;
  /** JSON Schema. */
  parameters: Record<string, unknown>;
  results: ResultRange;
}

/** The conversation that has the calls of a thread. */
export interface Thread {
  log(): Promise<Entry[]>;
  /** Waits until the log is as wanted, at most this long. @returns the log */
  until(isSo: (log: readonly Entry[]) => boolean, wait_ms: number): Promise<Entry[]>;
  /** The same key is the same call. `refused`: why it was not taken, for the model. */
  request(call: ThreadCall): Promise<{ call_id: string } | { refused: string }>;
  deliver(of: number[], anchor?: string): Promise<void>;
  acknowledge(to: number): Promise<void>;
}

export interface ThreadCall {
  tool: string;
  input: unknown;
  anchor: string;
  key: string;
}

/** What a model server says: its status and body if it refuses, its stream if it does not. */
export type ModelAnswer =
  | { refused: Response; events?: undefined }
  | { refused?: undefined; events: AsyncIterable<StreamEvent> };

export interface ReplyParts {
  ask(body: Record<string, unknown>): Promise<ModelAnswer>;
  thread: Thread;
  offered: OfferedFunction[];
  /** How long a call may take before it is suspended. */
  grace_ms: number;
  /** How often the model is asked before it must do without the proxy's tools. */
  most_rounds: number;
}

/** How long the log may take to have what was signalled. */
const WRITTEN_MS = 3_000;

/** @param isAside the model can make no calls, and is told nothing new */
export async function reply(
  parts: ReplyParts,
  body: Record<string, unknown>,
  isAside: boolean,
): Promise<ModelAnswer> {
  const { ask, thread, grace_ms, most_rounds } = parts;
  const input = itemsOf(body['input']);
  const names = nameTools(isAside ? [] : parts.offered, body['tools']);
  let log = await thread.log();
  const spliced = splice(log, input, names.shown);
  if (spliced.acknowledged !== undefined) {
    // Without the receipt nothing is lost.
    void thread.acknowledge(spliced.acknowledged).catch(() => {});
  }
  const items = [...spliced.items];
  const told = new Set<number>();
  let telling = isAside ? [] : spliced.untold;
  items.push(...tell(log, telling));
  if (telling.length === 0 && isPoked(input)) items.push(...newsItems('news_none', NOTHING_NEW));

  const merge = createMerge(
    ({ type, name, namespace }) =>
      type === 'function_call' && namespace === undefined && names.isOurs(name),
  );
  const here = () => anchorAfter([...input, ...merge.output]);
  let rounds = 0;

  const askAgain = (): Promise<ModelAnswer> => {
    rounds += 1;
    const own = rounds <= most_rounds ? names.tools : [];
    const given = Array.isArray(body['tools']) ? (body['tools'] as unknown[]) : [];
    const tools = [...given, ...own];
    return ask({
      ...body,
      input: items,
      ...(tools.length > 0 && { tools }),
      // What had to be called first was called.
      ...(rounds > 1 && body['tool_choice'] !== undefined && { tool_choice: 'auto' }),
    });
  };

  async function* events(first: AsyncIterable<StreamEvent>): AsyncGenerator<StreamEvent> {
    for (let answered = first; ;) {
      const anchor = here();
      const before = merge.output.length;
      const round = merge.round();
      for await (const event of answered) yield* round.take(event);
      const { ended } = round;
      if (!ended) throw new BrokenStream();
      if (ended.isComplete && telling.length > 0) {
        for (const seq of telling) told.add(seq);
        await thread.deliver(telling, anchor);
      }
      const made = ended.isComplete ? await runAll(round, before) : [];
      log = await thread.until((now) => telling.every(isDelivered(now)), WRITTEN_MS);
      if (!ended.isComplete || round.calls.length === 0 || round.waitsForHarness) {
        yield ended.end();
        return;
      }
      items.push(...made);
      telling = splice(log, input).untold.filter((seq) => !told.has(seq));
      items.push(...tell(log, telling));
      const next = await askAgain();
      if (next.refused) {
        yield await failure(next.refused);
        return;
      }
      answered = next.events;
    }
  }

  /** @returns what the model has said and called in this round, with the outputs of the calls */
  async function runAll(round: ModelRound, before: number): Promise<ThreadItem[]> {
    let visible = before;
    const done: Promise<ThreadItem[]>[] = [];
    for (const item of round.items) {
      if (!round.calls.includes(item)) {
        visible += 1;
        done.push(Promise.resolve([item]));
        continue;
      }
      const anchor = anchorAfter([...input, ...merge.output.slice(0, visible)]);
      // One after the other, so that the log has them in this order.
      const requested = await request(item, anchor, done.length);
      done.push(requested());
    }
    return (await Promise.all(done)).flat();
  }

  async function request(
    item: ThreadItem,
    anchor: string,
    nth: number,
  ): Promise<() => Promise<ThreadItem[]>> {
    const name = item.name ?? '';
    const refuse = (output: string) => async () => [
      item,
      { type: 'function_call_output', call_id: item.call_id ?? '', output },
    ];
    const tool = names.real(name);
    if (tool === EVENT_TOOL) return refuse(NOTHING_NEW);
    const given = argumentsOf(item);
    if (!given) return refuse('The arguments are not a JSON object.');
    const earlier = log.filter((e) => e.kind === 'call.requested' && e.anchor === anchor).length;
    const key = JSON.stringify([anchor, earlier + nth, tool, item.arguments]);
    const requested = await thread.request({ tool, input: given, anchor, key });
    if ('refused' in requested) return refuse(requested.refused);
    const { call_id } = requested;
    return async () =>
      callItems({ call_id, name, input: given, output: await outcome(call_id, tool) });
  }

  /** What is there when the grace time is over becomes the output of the call, for good. */
  async function outcome(call_id: string, tool: string): Promise<string> {
    const now = await thread.until((seen) => isOver(seen, call_id), grace_ms);
    const of = newsOf(now, call_id);
    const untold = of.filter((seq) => !isDelivered(now)(seq));
    if (untold.length > 0) await thread.deliver(untold);
    // The end of `cancel_call` is no news, and has no receipt.
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

/** A tool of the proxy that has the name of one of the harness's is offered under another. */
function nameTools(offered: readonly OfferedFunction[], given: unknown) {
  const taken = new Set(
    Array.isArray(given) ? given.map(({ name }: { name?: unknown }) => name) : [],
  );
  const shown = (tool: string) => (taken.has(tool) ? `meanwhile__${tool}`.slice(0, 64) : tool);
  const all = offered.length > 0 ? [...offered.map(describe), ...OWN_TOOLS] : [];
  const real = new Map(all.map(({ name }) => [shown(name), name]));
  return {
    shown,
    isOurs: (name: string | undefined) => name !== undefined && real.has(name),
    real: (name: string) => real.get(name) ?? name,
    tools: all.map((tool) => ({
      type: 'function',
      ...tool,
      name: shown(tool.name),
      strict: false,
    })),
  };
}

const describe = ({ name, description, parameters, results }: OfferedFunction) => ({
  name,
  description: `${description} ${expected(results)}`.trim(),
  parameters,
});

function argumentsOf({ arguments: text = '' }: ThreadItem): object | undefined {
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

/** A refusal in the middle of an answer, in the form in which the API tells of it there. */
async function failure(refused: Response): Promise<StreamEvent> {
  const text = await refused.text();
  let said: { code?: unknown; message?: unknown } = {};
  try {
    said = (JSON.parse(text) as { error?: typeof said }).error ?? {};
  } catch {
    // It is not JSON: its text is all that there is.
  }
  const error = {
    code: typeof said.code === 'string' ? said.code : 'server_error',
    message: String(said.message ?? (text || `The model server answered ${refused.status}.`)),
  };
  return { type: 'response.failed', response: { status: 'failed', error } };
}
