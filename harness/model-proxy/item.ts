/** What the proxy knows of a harness's thread, the same for every API. */
import { createHash } from 'node:crypto';

export interface ProxyItem {
  /** The item as the harness sent it, which the model server gets unchanged. */
  raw: object;
  /** A hash that is the same each time the harness sends this item. */
  print: string;
  by: 'instructions' | 'user' | 'model' | 'tool';
  /** The text of a message; empty for other items. */
  text: string;
}

/** A call that the harness does not know, with its output. The proxy adds nothing else to a thread. */
export interface ToldCall {
  call_id: string;
  name: string;
  /** JSON. */
  arguments: string;
  output: string;
}

export type Piece = { kind: 'item'; item: ProxyItem } | { kind: 'call'; call: ToldCall };

export const printOf = (essence: unknown): string =>
  createHash('sha256').update(JSON.stringify(essence)).digest('base64url').slice(0, 12);

/** The text of content that is a string, or a list of parts of which some have texts. */
export const textOf = (content: unknown): string =>
  typeof content === 'string'
    ? content
    : Array.isArray(content)
      ? content.map((part: { text?: unknown } | null) => String(part?.text ?? '')).join('')
      : '';
