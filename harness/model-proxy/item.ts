/** Items of the Responses API, as harnesses send them and as model servers answer: only what the proxy has to know of them. */
import { createHash } from 'node:crypto';

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
export function itemsOf(input: unknown): ThreadItem[] {
  if (typeof input === 'string') return [{ type: 'message', role: 'user', content: input }];
  return Array.isArray(input)
    ? input.filter((item): item is ThreadItem => typeof item === 'object' && item !== null)
    : [];
}

/** The same for an item that was answered and for the one that the harness sends back, which may have other ids and fields. */
export function fingerprint(item: ThreadItem): string {
  const hash = createHash('sha256').update(JSON.stringify(essenceOf(item)));
  return hash.digest('base64url').slice(0, 12);
}

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

export const textOf = (content: unknown): string =>
  typeof content === 'string'
    ? content
    : Array.isArray(content)
      ? content.map((part: { text?: unknown }) => String(part?.text ?? '')).join('')
      : '';

/** What a model says or does, and no harness. */
export const isOfModel = ({ type = 'message', role }: ThreadItem): boolean =>
  type === 'message' ? role === 'assistant' : type === 'reasoning' || type.endsWith('_call');
