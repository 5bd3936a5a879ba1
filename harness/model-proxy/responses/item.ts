/** Items of the Responses API in requests of harnesses and answers of model servers, with the fields that the proxy needs. */
import { type ProxyItem, printOf, textOf, type ToldCall } from '../item.ts';

export interface ThreadItem {
  /** Absent: `message`. */
  type?: string;
  id?: string;
  role?: string;
  content?: unknown;
  call_id?: string;
  name?: string;
  arguments?: string;
  output?: unknown;
  [field: string]: unknown;
}

/** @param input of a request: a text or a list of items */
export function itemsOf(input: unknown): ProxyItem[] {
  if (typeof input === 'string') {
    return [itemOf({ type: 'message', role: 'user', content: input })];
  }
  const given: unknown[] = Array.isArray(input) ? input : [];
  return given
    .filter((item): item is ThreadItem => typeof item === 'object' && item !== null)
    .map(itemOf);
}

export const itemOf = (raw: ThreadItem): ProxyItem => ({
  raw,
  print: printOf(essenceOf(raw)),
  by: byWhom(raw),
  text: textOf(raw.content),
});

/** The part of an item that stays the same when the harness sends it back with other ids and fields. */
function essenceOf(item: ThreadItem): unknown {
  const { type = 'message', role, content, call_id, name } = item;
  switch (type) {
    case 'message':
      return [type, role, textOf(content) || content];
    case 'reasoning':
      return [type, item['encrypted_content'] ?? item.id];
    default: {
      if (call_id !== undefined) return [type, call_id, name];
      const { id: _id, status: _status, ...rest } = item;
      return rest;
    }
  }
}

function byWhom({ type = 'message', role }: ThreadItem): ProxyItem['by'] {
  if (role === 'developer' || role === 'system') return 'instructions';
  if (type === 'message') return role === 'assistant' ? 'model' : 'user';
  return type === 'reasoning' || type.endsWith('_call') ? 'model' : 'tool';
}

export const callItems = ({ output, ...call }: ToldCall): ThreadItem[] => [
  { type: 'function_call', ...call },
  { type: 'function_call_output', call_id: call.call_id, output },
];
