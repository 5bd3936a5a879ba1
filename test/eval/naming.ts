/** Whether each reference in a text stands with the name it belongs to, as far as that can be said without understanding the text. */
import { codesIn } from './played.ts';

interface Belonging {
  code: string;
  name: string;
}

/**
 * A piece is a sentence, a line or what a semicolon ends. Where a piece has as many names as references, they belong together in
 * their order; else the right name has to be among those of the piece. A piece with a reference and no name has those of the nearest piece
 * before it that has any, or else of the nearest after it.
 * @param names all that a reference could belong to
 * @returns the references that the text gives to another name, or to none
 */
export function misnamed(text: string, known: readonly Belonging[], names: readonly string[]) {
  const pieces = text.split(/(?<=[.;!?])\s+|\n+/).map((piece) => ({
    codes: unique(codesIn(piece).map(({ code }) => code)),
    names: namesIn(piece, names),
  }));
  return pieces.flatMap((piece, index) => {
    const before = pieces.slice(0, index).findLast((other) => other.names.length > 0);
    const after = pieces.slice(index + 1).find((other) => other.names.length > 0);
    const near = [piece.names, before?.names, after?.names].find((found) => found?.length) ?? [];
    const inOrder = near === piece.names && near.length === piece.codes.length;
    return piece.codes.filter((code, place) => {
      const owner = known.find((each) => each.code === code)?.name;
      if (owner === undefined) return false;
      return inOrder ? near[place] !== owner : !near.includes(owner);
    });
  });
}

/** In the order in which each is first named. */
function namesIn(piece: string, names: readonly string[]): string[] {
  const text = piece.toLowerCase();
  return names
    .filter((name) => text.includes(name))
    .toSorted((a, b) => text.indexOf(a) - text.indexOf(b));
}

const unique = (codes: string[]) => [...new Set(codes)];
