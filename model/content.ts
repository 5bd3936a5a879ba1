/** The text of a message, whether its content is a string or a list of parts, in each provider's format. */
import { textOf } from './wire.ts';

export interface Content {
  text: string;
  /** The model's thoughts, which are not shown. */
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

/** A string, or parts with a text. */
function wordsOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(wordsOf).join('');
  if (typeof value !== 'object' || value === null) return textOf(value);
  const { text, value: inner } = value as Record<string, unknown>;
  return wordsOf(text ?? inner);
}
