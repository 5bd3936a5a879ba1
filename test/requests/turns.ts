/** Both APIs' requests as one list of who says what, read from the body as it went over the wire. */
import type { ChatRequest, ResponsesRequest } from './types.ts';

export type RequestBody =
  | { api: 'chat'; body: ChatRequest }
  | { api: 'responses'; body: ResponsesRequest };

export interface RequestTurn {
  role: 'system' | 'developer' | 'user' | 'assistant' | 'tool';
  text: string;
  /** The calls of an assistant message. */
  calls: { id: string; name: string; arguments: string; async?: boolean }[];
  /** The call that a tool message answers. */
  answers?: string;
}

export interface Declared {
  name: string;
  description: string;
  async?: boolean;
}

/** Instructions that have a field of their own are the first turn, in the role `system`. */
export function turnsOf(request: RequestBody): RequestTurn[] {
  return request.api === 'chat' ? chatTurns(request.body) : responsesTurns(request.body);
}

export function toolsOf({ api, body }: RequestBody): Declared[] {
  const functions =
    api === 'chat'
      ? (body.tools ?? []).map((tool) => (tool.type === 'function' ? tool.function : undefined))
      : (body.tools ?? []).map((tool) => (tool.type === 'function' ? tool : undefined));
  return functions
    .filter((tool) => tool !== undefined)
    .map((tool) => ({
      name: tool.name,
      description: tool.description ?? '',
      ...('async' in tool && tool.async === true && { async: true }),
    }));
}

function chatTurns({ messages }: ChatRequest): RequestTurn[] {
  return messages.map((message): RequestTurn => {
    const text = typeof message.content === 'string' ? message.content : '';
    switch (message.role) {
      case 'assistant': {
        const calls = (message.tool_calls ?? []).flatMap((call) =>
          call.type === 'function' ? [{ id: call.id, ...call.function }] : [],
        );
        return { role: 'assistant', text, calls };
      }
      case 'tool':
        return { role: 'tool', text, calls: [], answers: message.tool_call_id };
      case 'function':
        throw new Error('A message of the role function is long deprecated.');
      default:
        return { role: message.role, text, calls: [] };
    }
  });
}

/** An assistant's text and the calls directly after it are one turn. */
function responsesTurns({ instructions, input }: ResponsesRequest): RequestTurn[] {
  if (!Array.isArray(input)) throw new Error('The input is no list.');
  const turns: RequestTurn[] = instructions
    ? [{ role: 'system', text: instructions, calls: [] }]
    : [];
  for (const item of input) {
    if ('role' in item && 'content' in item) {
      turns.push({ role: item.role, text: String(item.content), calls: [] });
    } else if (item.type === 'function_call') {
      const { call_id: id, name, arguments: given, async } = item;
      if (turns.at(-1)?.role !== 'assistant')
        turns.push({ role: 'assistant', text: '', calls: [] });
      turns.at(-1)!.calls.push({ id, name, arguments: given, ...(async && { async }) });
    } else if (item.type === 'function_call_output') {
      turns.push({
        role: 'tool',
        text: String(item.output),
        calls: [],
        answers: item.call_id ?? '',
      });
    } else {
      throw new Error(`Nobody here sends ${item.type}.`);
    }
  }
  return turns;
}
