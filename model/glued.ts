/** JSON objects that follow each other in one text, which may come in pieces. */
import { isDeepStrictEqual } from 'node:util';

export interface Scanner {
  add(piece: string): void;
  /** True for one or more objects and nothing else; another may follow. */
  isComplete(): boolean;
  /** The end of each complete object, as a position in the whole text. */
  ends: number[];
}

export function createScanner(): Scanner {
  const ends: number[] = [];
  let at = 0;
  let depth = 0;
  let inText = false;
  let isEscaped = false;
  let isOther = false;

  function read(char: string): void {
    if (isEscaped) isEscaped = false;
    else if (inText) {
      isEscaped = char === '\\';
      inText = char !== '"';
    } else if (char === '{' || (depth > 0 && char === '[')) depth += 1;
    else if (depth > 0 && (char === '}' || char === ']')) {
      depth -= 1;
      if (depth === 0) ends.push(at + 1);
    } else if (depth > 0) inText = char === '"';
    else isOther ||= !/\s/.test(char);
  }

  return {
    add(piece) {
      // Reads code units, in which positions are counted.
      for (let nth = 0; nth < piece.length; nth += 1, at += 1) read(piece[nth]!);
    },
    isComplete: () => ends.length > 0 && depth === 0 && !isOther,
    ends,
  };
}

/** The text of each object, in order. Undefined when the text is something else, or the last object has not ended. */
export function objectsIn(text: string): string[] | undefined {
  const scanner = createScanner();
  scanner.add(text);
  if (!scanner.isComplete()) return undefined;
  const objects = scanner.ends.map((end, nth) =>
    text.slice(scanner.ends[nth - 1] ?? 0, end).trim(),
  );
  return objects.every(parses) ? objects : undefined;
}

/** Whether two texts hold the same JSON, however each is spaced. */
export function isSameJson(one: string, other: string): boolean {
  if (one === other) return true;
  const [first, second] = [one, other].map(objectsIn);
  return first?.length === 1 && second?.length === 1 && isDeepStrictEqual(...both(first, second));
}

const both = ([one]: string[], [other]: string[]): [unknown, unknown] => [
  JSON.parse(one!),
  JSON.parse(other!),
];

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
