/** What a message says, whether its content is a text or a list of parts, as each provider has it. */
import { textOf } from './wire.ts';

export interface Content {
  /** What is said. */
  text: string;
  /** What is thought, which nobody hears. */
  thought: string;
  refusal: string;
}

export function readContent(content: unknown): Content {
  const read: Content = { text: '', thought: '', refusal: '' };
  for (const part of Array.isArray(content) ? content : [content]) readPart(part, read);
  return read;
}

function readPart(part: unknown, read: Content): void {
  if (typeof part !== 'object' || part === null) {
    read.text += textOf(part);
    return;
  }
  const { type, text, refusal, thinking } = part as Record<string, unknown>;
  if (type === 'refusal') read.refusal += wordsOf(refusal ?? text);
  else if (typeof type === 'string' && /think|reason|thought/.test(type)) {
    read.thought += wordsOf(thinking ?? text);
  } else read.text += wordsOf(text);
}

/** A text, or parts with a text. */
function wordsOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(wordsOf).join('');
  if (typeof value !== 'object' || value === null) return textOf(value);
  const { text, value: inner } = value as Record<string, unknown>;
  return wordsOf(text ?? inner);
}
