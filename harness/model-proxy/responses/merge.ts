/** Merges several responses into one: keeps one `response.created`, numbers the items, and adds up usage. Pure. */
import { asOffered } from '../../../model/names.ts';
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
    type === 'function_call' && namespace === undefined && ours.has(asOffered(name ?? '', ours));
  const numbered = (event: StreamEvent): StreamEvent =>
    event.sequence_number === undefined ? event : { ...event, sequence_number: sequence++ };

  function round(): ProxyRound<StreamEvent> {
    const isFirst = ++rounds === 1;
    const hidden = new Set<number | string>();
    const indexes = new Map<number, number>();
    const calls: OwnCall[] = [];
    const items: ThreadItem[] = [];
    let waitsForHarness = false;
    let closing: { isComplete: boolean; last(): StreamEvent[] } | undefined;

    function shown(event: StreamEvent): StreamEvent[] {
      const { output_index: index, item, item_id, type } = event;
      const isDone = type === 'response.output_item.done';
      if (item && isDone) items.push(item);
      if (item && isOurs(item)) {
        for (const key of [index, item.id]) if (key !== undefined) hidden.add(key);
        if (isDone) {
          const { call_id = '', name = '', arguments: input = '' } = item;
          const call = { call_id, name: asOffered(name, ours), arguments: input };
          calls.push({ ...call, after: output.length });
        }
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
      end: () =>
        closing && {
          ...closing,
          calls,
          waitsForHarness,
          items(told) {
            const outputs = [...told];
            return items.flatMap((item) => (isOurs(item) ? callItems(outputs.shift()!) : [item]));
          },
        },
    };
  }
  return { round, output };
}

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
