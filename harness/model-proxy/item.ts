/** A harness's thread as far as the proxy has to know it, whichever API it comes through. */
import { createHash } from 'node:crypto';

export interface ProxyItem {
  /** As the harness sent it, and as the model server gets it. */
  raw: object;
  /** The same each time that the harness sends this item. */
  print: string;
  by: 'instructions' | 'user' | 'model' | 'tool';
  /** Of a message. */
  text: string;
}

/** A call that the harness does not know, with its output: all that the proxy ever adds to a thread. */
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

/** Of content that is a text, or parts of which some have texts. */
export const textOf = (content: unknown): string =>
  typeof content === 'string'
    ? content
    : Array.isArray(content)
      ? content.map((part: { text?: unknown } | null) => String(part?.text ?? '')).join('')
      : '';
