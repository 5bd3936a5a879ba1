/** Makes a line of a program's output safe to show, match and store. */
import { stripVTControlCharacters } from 'node:util';

/** Removes colours and control characters, replaces lone surrogates, and cuts the line at `longest` characters. */
export function readableLine(text: string, longest = 4_000): string {
  const line = text.length > longest ? `${text.slice(0, longest)}…` : text;
  // The store refuses NUL, and a terminal that shows the log would interpret other control characters.
  return stripVTControlCharacters(line)
    .replaceAll(/\p{Cc}/gu, (character) => (character === '\t' ? character : ''))
    .toWellFormed()
    .trimEnd();
}
