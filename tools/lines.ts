/** A line of a program's output as it can be shown, matched and stored. */
import { stripVTControlCharacters } from 'node:util';

/** Removes colours and control characters, replaces lone surrogates, and cuts the line at `longest` characters. */
export function readableLine(text: string, longest = 4_000): string {
  const line = text.length > longest ? `${text.slice(0, longest)}…` : text;
  // Any remaining control character would be refused by the store (NUL) or interpreted by terminals that show the log.
  return stripVTControlCharacters(line)
    .replaceAll(/\p{Cc}/gu, (character) => (character === '\t' ? character : ''))
    .toWellFormed()
    .trimEnd();
}
