/** A result that is too large to travel: the whole stands in the store, and this in its place. */
import { z } from 'zod';

export const stored = z.object({
  n: z
    .union([z.int().positive(), z.literal('end')])
    .describe(
      'Where the whole is: `GET /v1/conversations/:id/calls/:call_id/results/:n`. `end` is what the call returned; ' +
        'of a remote tool, a number is that of its push.',
    ),
  bytes: z.int().positive().describe('Of the whole, as JSON.'),
  head: z
    .string()
    .describe(
      'How it begins, some 2,000 characters: of the text where it is one, else of its JSON.',
    ),
});

export type Stored = z.infer<typeof stored>;

/** Which result of a call: its number, or what it returned. */
export type ResultNumber = Stored['n'];

/** Characters, as JavaScript counts them. */
export const HEAD_CHARS = 2_000;

/** As it is read in parts: a text is itself, anything else its JSON. */
export const legible = (result: unknown) =>
  typeof result === 'string' ? result : JSON.stringify(result);

/** The characters from ≤ position < to. One of two halves is not cut in two: it belongs to the part in which it begins. */
export const cut = (text: string, from: number, to: number) =>
  text.slice(boundary(text, from), boundary(text, to));

/** The position, or the next one where it is inside a character. */
export function boundary(text: string, position: number): number {
  const isInside = isHigh(text.charCodeAt(position - 1)) && isLow(text.charCodeAt(position));
  return isInside ? position + 1 : position;
}

const isHigh = (code: number) => code >= 0xd800 && code <= 0xdbff;
const isLow = (code: number) => code >= 0xdc00 && code <= 0xdfff;
