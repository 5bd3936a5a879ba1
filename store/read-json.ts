/**
 * How every JSON of the store is read, by either database. Values are bounded where they come in (contract/json-value.ts), but not those that
 * stand there from before: what is nested deeper than this is given as its own JSON in a text, so that whoever copies, compares or
 * writes what was read does not overflow. SQL never looks into a value.
 */
export function readJson(text: string): any {
  return JSON.parse(withoutDepth(text));
}

/** Half of what overflows first, an entry's own levels and a page's included. */
export const DEEPEST_READ = 500;

const [QUOTE, BACKSLASH, BRACE, END_BRACE] = [0x22, 0x5c, 0x7b, 0x7d];
/** With this bit a bracket reads as a brace. The look at each character should cost less than parsing it. */
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

/** Where the string that begins here ends: most of the log is prose, over which this leaps. */
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
