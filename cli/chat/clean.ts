import { stripVTControlCharacters } from 'node:util';

/** Text from a model, a tool or another user, without control sequences and without marks that reverse its order. */
export function clean(text: string): string {
  return stripVTControlCharacters(text)
    .replaceAll('\r\n', '\n')
    .replaceAll('\t', '    ')
    .replaceAll(NOT_SHOWN, '');
}

/** The cleaned text on one line of at most `most` characters. */
export function oneLine(text: string, most: number): string {
  const line = clean(text).replaceAll(/\s+/g, ' ').trim();
  const characters = Array.from(line);
  return characters.length > most ? `${characters.slice(0, most - 1).join('')}…` : line;
}

/** Control characters except the line feed, and the marks that change the direction of what follows. */
// oxlint-disable-next-line no-control-regex
const NOT_SHOWN = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;
