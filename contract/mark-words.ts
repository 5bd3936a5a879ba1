/** A piece of a text: a word that was searched for, or the text between such words. */
export interface MarkedPiece {
  text: string;
  isWord: boolean;
}

/** Splits the text into pieces. Case is ignored, and a word may be part of another: `art` is found in `party`. */
export function markWords(text: string, words: readonly string[]): MarkedPiece[] {
  const pieces: MarkedPiece[] = [];
  let done = 0;
  for (const { at, word } of occurrencesOf(words, text)) {
    if (at > done) pieces.push({ text: text.slice(done, at), isWord: false });
    pieces.push({ text: word, isWord: true });
    done = at + word.length;
  }
  if (done < text.length) pieces.push({ text: text.slice(done), isWord: false });
  return pieces;
}

export interface Occurrence {
  /** In UTF-16 units. */
  at: number;
  /** As it is in the text. */
  word: string;
}

/** Yields the occurrences in order. If words overlap, the longest counts. */
export function* occurrencesOf(words: readonly string[], text: string): Generator<Occurrence> {
  const sought = words.filter((word) => word !== '').toSorted((a, b) => b.length - a.length);
  if (sought.length === 0) return;
  const anyOf = new RegExp(sought.map(literally).join('|'), 'giu');
  for (const { index, 0: word } of text.matchAll(anyOf)) yield { at: index, word };
}

const literally = (word: string) => word.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
