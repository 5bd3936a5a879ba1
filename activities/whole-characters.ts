import { storableText } from '../contract/storable.ts';

/**
 * Text that comes in pieces, which a model's server may cut anywhere. Each piece is given on well-formed: half of a surrogate pair waits for
 * its other half, and what cannot be stored (NUL, a half that stays alone) becomes U+FFFD. So nobody who joins pieces, or takes them up
 * at the end of any, holds half a character.
 */
export function wholeCharacters() {
  let half = '';
  return {
    /** What is whole by now; may be empty. */
    add(piece: string): string {
      const text = half + piece;
      half = /[\ud800-\udbff]$/.exec(text)?.[0] ?? '';
      return storableText(text.slice(0, text.length - half.length));
    },
    /** What remains when nothing more comes. */
    end(): string {
      const rest = half;
      half = '';
      return storableText(rest);
    },
  };
}
