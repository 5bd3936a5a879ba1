/** Items of the Responses API, as harnesses send them and as model servers answer: only what the proxy has to know of them. */
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

/** A request's `input` may be a text. */
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

/** The same for an item that was answered and for the one that the harness sends back, which may have other ids and fields. */
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
