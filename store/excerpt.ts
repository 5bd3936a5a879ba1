/** What a search shows of a text in which it has found words. */
import { type Occurrence, occurrencesOf } from '../contract/mark-words.ts';

/** Code points, without the ellipses. */
export const EXCERPT_LENGTH = 160;

/**
 * The part of the text where the most of these words are near each other, with an ellipsis where it is cut. Undefined if none of them
 * occurs: a database may know pairs of upper and lower case that JavaScript does not.
 */
export function excerptOf(text: string, words: readonly string[]): string | undefined {
  const places: Occurrence[] = [];
  for (const place of occurrencesOf(words, text)) {
    if (places.push(place) === MOST_PLACES) break;
  }
  const at = densest(places, words.length);
  return at === undefined ? undefined : around(text, at);
}

/** Where the first of the words is that are nearest to each other. */
function densest(places: Occurrence[], most: number): number | undefined {
  let best: number | undefined;
  let count = 0;
  for (let nth = 0; nth < places.length && count < most; nth += 1) {
    const { at } = places[nth]!;
    const near = new Set<string>();
    for (let next = nth; next < places.length && places[next]!.at < at + AHEAD; next += 1) {
      near.add(places[next]!.word.toLowerCase());
    }
    if (near.size > count) [best, count] = [at, near.size];
  }
  return best;
}

function around(text: string, at: number): string {
  // A code point is at most two units. A half of one at the far end is cut off.
  const before = Array.from(text.slice(Math.max(0, at - 2 * EXCERPT_LENGTH), at));
  const after = Array.from(text.slice(at, at + 2 * EXCERPT_LENGTH));
  const lead = Math.min(before.length, Math.max(BEHIND, EXCERPT_LENGTH - after.length));
  const rest = after.slice(0, EXCERPT_LENGTH - lead).join('');
  const start = before.slice(before.length - lead).join('');
  return (
    (lead < before.length ? `…${afterBlank(start)}` : start) +
    (rest.length < text.length - at ? `${beforeBlank(rest)}…` : rest)
  );
}

/** From the first whole word on, unless that is far. */
const afterBlank = (text: string) => text.replace(START_OF_WORD, '');
/** Up to the last whole word. The text begins with the word that was found, which stays. */
const beforeBlank = (text: string) => text.replace(END_OF_WORD, '');

const START_OF_WORD = /^\S{0,20}\s+/u;
const END_OF_WORD = /\s+\S{0,20}$/u;
/** Code points of the part before the word, where the text goes on for long after it. */
const BEHIND = 50;
const AHEAD = EXCERPT_LENGTH - BEHIND;
/** A letter occurs in a long text more often than is worth a look. */
const MOST_PLACES = 1_000;
