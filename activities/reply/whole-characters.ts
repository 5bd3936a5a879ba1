import { storableText } from '../../contract/storable.ts';

/**
 * Makes each piece of a text well-formed, although a model server may cut it anywhere: half of a surrogate pair waits for its other
 * half, and what cannot be stored (NUL, a lone half) becomes U+FFFD. So a reader that joins pieces, or starts at the end of any,
 * never holds half a character.
 */
export function wholeCharacters() {
  let half = '';
  return {
    /** Returns the text that is now complete; it may be empty. */
    add(piece: string): string {
      const text = half + piece;
      half = /[\ud800-\udbff]$/.exec(text)?.[0] ?? '';
      return storableText(text.slice(0, text.length - half.length));
    },
    /** Returns the rest, after the last piece. */
    end(): string {
      const rest = half;
      half = '';
      return storableText(rest);
    },
  };
}
