/** Turns the bytes a program writes into lines that can be shown, matched and stored. */
import { Transform } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';

/**
 * A stream of strings, one per line, from bytes. A carriage return ends a line too: that is how progress bars write.
 * Empty lines are left out, colours and control characters removed, invalid UTF-8 replaced, and a line longer than
 * `longest` characters cut there.
 */
export function lineStream(longest = 4_000): Transform {
  const decoder = new TextDecoder();
  let rest = '';
  let cut = false;

  /** Keeps the unfinished line, but never more of it than will be shown. */
  function split(text: string): string[] {
    const parts = text.split(/[\r\n]+/);
    const last = parts.pop() ?? '';
    const complete = parts.map((part) => {
      const line = take(part);
      rest = '';
      cut = false;
      return line;
    });
    rest = take(last);
    return complete.map(clean).filter((line) => line !== '');
  }

  function take(part: string): string {
    if (cut) return rest;
    cut = rest.length + part.length > longest;
    return cut ? `${(rest + part).slice(0, longest)}…` : rest + part;
  }

  return new Transform({
    readableObjectMode: true,
    transform(chunk: Buffer, _encoding, done) {
      for (const line of split(decoder.decode(chunk, { stream: true }))) this.push(line);
      done();
    },
    flush(done) {
      for (const line of split(`${decoder.decode()}\n`)) this.push(line);
      done();
    },
  });
}

/** One line of those above, from all its text. */
export function readableLine(text: string, longest = 4_000): string {
  return clean(text.length > longest ? `${text.slice(0, longest)}…` : text);
}

/** What is left of control characters would be refused by the store (NUL) or by terminals that show the log. */
function clean(line: string): string {
  return stripVTControlCharacters(line)
    .replaceAll(/\p{Cc}/gu, (character) => (character === '\t' ? character : ''))
    .toWellFormed()
    .trimEnd();
}
