/** A result that is too large to send: the store keeps the whole, and this takes its place. */
import { z } from 'zod';

export const stored = z.object({
  n: z
    .union([z.int().positive(), z.literal('end')])
    .describe(
      'Where to read it in full: `GET /v1/conversations/:id/calls/:call_id/results/:n`. `end` is what the call returned; ' +
        'for a remote tool, a number is that of its push.',
    ),
  bytes: z.int().positive().describe('Size in full, as JSON.'),
  head: z
    .string()
    .describe('Its first 2,000 or so characters: of the text if it is one, otherwise of its JSON.'),
});

export type Stored = z.infer<typeof stored>;

/** Which result of a call: its number, or `end` for what it returned. */
export type ResultNumber = Stored['n'];

/** UTF-16 code units, as JavaScript counts them. */
export const HEAD_CHARS = 2_000;

/** The result as it is read in parts: a string as it is, anything else as JSON. */
export const legible = (result: unknown) =>
  typeof result === 'string' ? result : JSON.stringify(result);

/** The characters at from ≤ position < to. A surrogate pair is not split: it belongs to the part in which it begins. */
export const cut = (text: string, from: number, to: number) =>
  text.slice(boundary(text, from), boundary(text, to));

/** The position, or the next one if it is inside a surrogate pair. */
export function boundary(text: string, position: number): number {
  const isInside = isHigh(text.charCodeAt(position - 1)) && isLow(text.charCodeAt(position));
  return isInside ? position + 1 : position;
}

const isHigh = (code: number) => code >= 0xd800 && code <= 0xdbff;
const isLow = (code: number) => code >= 0xdc00 && code <= 0xdfff;
