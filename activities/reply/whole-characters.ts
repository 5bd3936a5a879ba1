import { storableText } from '../../contract/storable.ts';

/**
 * Text that comes in pieces, which a model server may cut anywhere. Each piece is passed on well-formed: half of a surrogate pair
 * waits for its other half, and what cannot be stored (NUL, a lone half) becomes U+FFFD. So a reader who joins pieces, or starts
 * at the end of any, never holds half a character.
 */
export function wholeCharacters() {
  let half = '';
  return {
    /** Returns what is complete by now; may be empty. */
    add(piece: string): string {
      const text = half + piece;
      half = /[\ud800-\udbff]$/.exec(text)?.[0] ?? '';
      return storableText(text.slice(0, text.length - half.length));
    },
    /** Returns what remains when no more comes. */
    end(): string {
      const rest = half;
      half = '';
      return storableText(rest);
    },
  };
}
