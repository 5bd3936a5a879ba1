/**
 * Reads all JSON of the store, for both databases. New values are checked where they enter (contract/json-value.ts), but older ones
 * are not. A value nested deeper than DEEPEST_READ is returned as its own JSON in a string, so that code that copies, compares or
 * writes it does not overflow. SQL never queries a value.
 */
export function readJson(text: string): any {
  return JSON.parse(withoutDepth(text));
}

/** Half of the depth that overflows first, including the levels of an entry and of a page. */
export const DEEPEST_READ = 500;

const [QUOTE, BACKSLASH, BRACE, END_BRACE] = [0x22, 0x5c, 0x7b, 0x7d];
/** With this bit set, a bracket becomes a brace: one comparison finds both, as the check must cost less than parsing. */
const AS_BRACE = 0x20;

/** @param text valid JSON */
function withoutDepth(text: string): string {
  let depth = 0;
  let begin = 0;
  let done = 0;
  let result = '';
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfString(text, at);
    } else if ((code | AS_BRACE) === BRACE) {
      depth += 1;
      if (depth === DEEPEST_READ + 1) begin = at;
    } else if ((code | AS_BRACE) === END_BRACE) {
      if (depth === DEEPEST_READ + 1) {
        result += text.slice(done, begin) + JSON.stringify(text.slice(begin, at + 1));
        done = at + 1;
      }
      depth -= 1;
    }
  }
  return done === 0 ? text : result + text.slice(done);
}

/** The end of the string that begins here. Most of the log is prose, which this skips quickly. */
function endOfString(text: string, begin: number): number {
  let end = text.indexOf('"', begin + 1);
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end;
}

function isEscaped(text: string, at: number): boolean {
  let before = at - 1;
  while (text.charCodeAt(before) === BACKSLASH) before -= 1;
  return (at - before) % 2 === 0;
}
