/**
 * Several answers of a model as one: between them the proxy runs the calls that are its own. The harness sees the words and its own
 * calls, numbered as if there had been one answer. Pure.
 */
import type { ThreadItem } from './item.ts';

/** Of the stream of a response. */
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

export interface Merge {
  /** Begins the next answer. */
  round(): ModelRound;
  /** What the harness has been sent, in all rounds. */
  output: readonly ThreadItem[];
}

export interface ModelRound {
  /** @returns what the harness is sent */
  take(event: StreamEvent): StreamEvent[];
  /** The calls that are the proxy's. */
  calls: readonly ThreadItem[];
  /** Whether the harness has to do something before the model can go on. */
  waitsForHarness: boolean;
  /** All that the model has said and called, in its order. */
  items: readonly ThreadItem[];
  /** How it ended. Undefined: it has not. `end` is what the harness is sent if no other round follows. */
  ended?: { isComplete: boolean; end(): StreamEvent };
}

/** @param isOurs whether the function of this name is the proxy's */
export function createMerge(isOurs: (item: ThreadItem) => boolean): Merge {
  const output: ThreadItem[] = [];
  let rounds = 0;
  let nextIndex = 0;
  let sequence = 0;
  let first: Response | undefined;
  let usage: unknown;

  const numbered = (event: StreamEvent): StreamEvent =>
    event.sequence_number === undefined ? event : { ...event, sequence_number: sequence++ };

  function round(): ModelRound {
    const isFirst = ++rounds === 1;
    const hidden = new Set<number | string>();
    const indexes = new Map<number, number>();
    const calls: ThreadItem[] = [];
    const items: ThreadItem[] = [];

    function shown(event: StreamEvent): StreamEvent[] {
      const { output_index: index, item, item_id, type } = event;
      if (item && type === 'response.output_item.done') items.push(item);
      if (item && isOurs(item)) {
        for (const key of [index, item.id]) if (key !== undefined) hidden.add(key);
        if (type === 'response.output_item.done') calls.push(item);
        return [];
      }
      if ([index, item_id].some((key) => key !== undefined && hidden.has(key))) return [];
      if (type === 'response.output_item.done' && item) {
        output.push(item);
        made.waitsForHarness ||= needsHarness(item);
      }
      if (index === undefined) return [numbered(event)];
      const known = indexes.get(index) ?? nextIndex++;
      indexes.set(index, known);
      return [numbered({ ...event, output_index: known })];
    }

    const made: ModelRound = {
      calls,
      items,
      waitsForHarness: false,
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
            const whole = () => ({
              ...response,
              ...(first?.id !== undefined && { id: first.id }),
              ...(response?.output && { output: [...output] }),
              ...(usage !== undefined && { usage }),
            });
            made.ended = {
              isComplete: type === 'response.completed',
              end: () => numbered({ ...event, response: whole() }),
            };
            return [];
          }
          case 'error':
            made.ended = { isComplete: false, end: () => numbered(event) };
            return [];
          default:
            return shown(event);
        }
      },
    };
    return made;
  }
  return { round, output };
}

/** Calls that the model's server makes itself. */
const HOSTED = new Set([
  'web_search_call',
  'file_search_call',
  'code_interpreter_call',
  'image_generation_call',
  'mcp_call',
]);

const needsHarness = ({ type = 'message' }: ThreadItem) =>
  (type.endsWith('_call') && !HOSTED.has(type)) || type === 'mcp_approval_request';

/** Adds the numbers of two objects of the same form. */
function sum(one: unknown, other: unknown): unknown {
  if (typeof one === 'number' && typeof other === 'number') return one + other;
  if (!isObject(one)) return other ?? one;
  if (!isObject(other)) return one;
  const names = [...new Set([...Object.keys(one), ...Object.keys(other)])];
  return Object.fromEntries(names.map((name) => [name, sum(one[name], other[name])]));
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
