/** Merges several responses into one: keeps one `response.created`, numbers the items, and adds up usage. Pure. */
import { ModelError } from '../../../model/errors.ts';
import { listOf, stringOf } from '../../../model/fields.ts';
import { asOffered } from '../../../model/names.ts';
import { createItems } from '../../../model/streamed-items.ts';
import type { ProxyItem } from '../item.ts';
import { sum } from '../sum.ts';
import type { Merge, OwnCall, ProxyRound } from '../wire.ts';
import { callItems, itemOf, type ThreadItem } from './item.ts';

/** An event of the stream of a response. */
export interface StreamEvent {
  type: string;
  sequence_number?: number;
  output_index?: number;
  item_id?: string;
  item?: ThreadItem;
  response?: Response;
  [field: string]: unknown;
}

interface Response {
  id?: string;
  output?: ThreadItem[];
  usage?: unknown;
  status?: string;
  [field: string]: unknown;
}

export function createMerge(ours: ReadonlySet<string>): Merge<StreamEvent> {
  const output: ProxyItem[] = [];
  let rounds = 0;
  let nextIndex = 0;
  let sequence = 0;
  let first: Response | undefined;
  let usage: unknown;

  const isOurs = ({ type, name, namespace }: ThreadItem) =>
    type === 'function_call' &&
    namespace === undefined &&
    ours.has(asOffered(stringOf(name), ours));
  const numbered = (event: StreamEvent): StreamEvent =>
    event.sequence_number === undefined ? event : { ...event, sequence_number: sequence++ };

  function round(): ProxyRound<StreamEvent> {
    const isFirst = ++rounds === 1;
    const hidden = new Set<number | string>();
    const indexes = new Map<number, number>();
    /** Servers leave events out: each item is put together from all that is said of it. */
    const assembled = createItems();
    /** For each call of ours: how many items of `output` come before it. */
    const afters: number[] = [];
    const items: ThreadItem[] = [];
    let waitsForHarness = false;
    let isBroken = false;
    let closing: { isComplete: boolean; last(): StreamEvent[] } | undefined;

    function shown(event: StreamEvent): StreamEvent[] {
      const { output_index: index, item, item_id, type } = event;
      const isDone = type === 'response.output_item.done';
      note(event);
      if (item && isDone) items.push(item);
      if (item && isOurs(item)) {
        const keys = [index, item.id].filter((key) => key !== undefined);
        if (!keys.some((key) => hidden.has(key)) || keys.length === 0) afters.push(output.length);
        for (const key of keys) hidden.add(key);
        return [];
      }
      if ([index, item_id].some((key) => key !== undefined && hidden.has(key))) return [];
      if (item && isDone) {
        output.push(itemOf(item));
        waitsForHarness ||= needsHarness(item);
      }
      if (index === undefined) return [numbered(event)];
      const known = indexes.get(index) ?? nextIndex++;
      indexes.set(index, known);
      return [numbered({ ...event, output_index: known })];
    }

    /** For calls only: everything else goes to the harness as it is. */
    function note({ type, item, output_index: index, ...event }: StreamEvent): void {
      const place = { ...event, ...(index !== undefined && { output_index: index }) };
      if (item?.type === 'function_call' && type === 'response.output_item.added')
        assembled.added(item, index);
      if (item?.type === 'function_call' && type === 'response.output_item.done')
        assembled.done(item, index);
      if (type === 'response.function_call_arguments.delta')
        assembled.argumentsDelta(place, stringOf(event['delta']));
      if (type === 'response.function_call_arguments.done')
        assembled.argumentsDone(place, stringOf(event['arguments']), stringOf(event['name']));
    }

    /** A call that cannot be read makes the answer incomplete. What is wrong with it, the harness sees itself. */
    function readCalls<T>(read: () => T): T | undefined {
      try {
        return read();
      } catch (error) {
        if (!(error instanceof ModelError)) throw error;
        isBroken = true;
        return undefined;
      }
    }

    /** What only the last event has. */
    function noteRest(given: ThreadItem[]): void {
      readCalls(() => assembled.final(given.filter(({ type }) => type === 'function_call')));
      const known = [...items];
      for (const item of given) {
        const at = known.findIndex((each) => isSameItem(each, item));
        if (at >= 0) known.splice(at, 1);
        else {
          items.push(item);
          if (isOurs(item)) continue;
          output.push(itemOf(item));
          waitsForHarness ||= needsHarness(item);
        }
      }
    }

    function ownCalls(): OwnCall[] {
      const made = assembled.all().calls.filter(({ name }) => ours.has(asOffered(name, ours)));
      return made.map(({ call_id, name, arguments: input }, nth) => ({
        call_id: call_id ?? `call_${rounds}_${nth}`,
        name: asOffered(name, ours),
        arguments: input,
        after: afters[nth] ?? output.length,
      }));
    }

    const whole = (response: Response | undefined): Response => ({
      ...response,
      ...(first?.id !== undefined && { id: first.id }),
      ...(response?.output && { output: output.map(({ raw }) => raw as ThreadItem) }),
      ...(usage !== undefined && { usage }),
    });

    return {
      take(event) {
        const { type, response } = event;
        switch (type) {
          case 'response.created':
          case 'response.in_progress':
          case 'response.queued':
            if (!isFirst) return [];
            first ??= response;
            return [numbered(event)];
          case 'response.completed':
          case 'response.incomplete':
          case 'response.failed': {
            usage = sum(usage, response?.usage);
            noteRest(listOf(response?.output));
            closing = {
              // Some servers call an incomplete response completed.
              isComplete: type === 'response.completed' && response?.status !== 'incomplete',
              last: () => [numbered({ ...event, response: whole(response) })],
            };
            return [];
          }
          case 'error':
            closing = { isComplete: false, last: () => [numbered(event)] };
            return [];
          default:
            return shown(event);
        }
      },
      end() {
        if (!closing) return undefined;
        const calls = (closing.isComplete && readCalls(ownCalls)) || [];
        return {
          ...closing,
          isComplete: closing.isComplete && !isBroken,
          calls,
          waitsForHarness,
          items(told) {
            const outputs = [...told];
            const inPlace = items.flatMap((item) => {
              const own = isOurs(item) ? outputs.shift() : undefined;
              return own ? callItems(own) : isOurs(item) ? [] : [item];
            });
            return [...inPlace, ...outputs.flatMap(callItems)];
          },
        };
      },
    };
  }
  return { round, output };
}

/** Some servers give an item another id in each event, or none. */
const isSameItem = (one: ThreadItem, other: ThreadItem) =>
  one.type === other.type &&
  (one.id === undefined || other.id === undefined || one.id === other.id) &&
  (one.call_id === undefined || other.call_id === undefined || one.call_id === other.call_id);

/** Types of calls that the model's server makes itself. */
const HOSTED = new Set([
  'web_search_call',
  'file_search_call',
  'code_interpreter_call',
  'image_generation_call',
  'mcp_call',
]);

const needsHarness = ({ type = 'message' }: ThreadItem) =>
  (type.endsWith('_call') && !HOSTED.has(type)) || type === 'mcp_approval_request';
