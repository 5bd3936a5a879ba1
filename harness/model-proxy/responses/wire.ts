/** The Responses API. */
import type { Wire } from '../wire.ts';
import { callItems, itemsOf } from './item.ts';
import { createMerge, type StreamEvent } from './merge.ts';

export const responses: Wire<StreamEvent> = {
  path: '/responses',
  layout: { spotFor: (_, after) => after, keepsPokes: false },
  refuses(body) {
    const field = KEPT_THERE.find((name) => body[name] != null && body[name] !== false);
    return field && `${field} is not supported here: send the whole input with each request.`;
  },
  itemsOf: ({ input }) => itemsOf(input),
  namesIn: ({ tools }) =>
    Array.isArray(tools) ? tools.map(({ name }: { name?: unknown }) => String(name)) : [],
  written: (piece) => (piece.kind === 'item' ? [piece.item.raw] : callItems(piece.call)),
  request(body, { items, functions, isFirst }) {
    const own = functions.map((tool) => ({ type: 'function', ...tool, strict: false }));
    const given: unknown[] = Array.isArray(body['tools']) ? body['tools'] : [];
    const tools = [...given, ...own];
    return {
      ...body,
      input: items,
      ...(tools.length > 0 && { tools }),
      ...(!isFirst && body['tool_choice'] !== undefined && { tool_choice: 'auto' }),
      stream: true,
    };
  },
  // Some servers name the type of an event outside its data only.
  read: (data, type) =>
    data === '[DONE]' ? undefined : ({ type, ...(JSON.parse(data) as object) } as StreamEvent),
  createMerge,
  failure: (error) => ({ type: 'response.failed', response: { status: 'failed', error } }),
  frame: (event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`,
  ending: '',
  whole(events) {
    const { response, ...rest } = events.at(-1) ?? {};
    return response ? { status: 200, body: response } : { status: 502, body: { error: rest } };
  },
};

/** Fields with which the model's server keeps the thread, so that the proxy could not add to it. */
const KEPT_THERE = ['previous_response_id', 'conversation', 'background'];
