/**
 * Blocks are texts of the service to the model in the user's role: `<summary>` for the part of the log before the window, `<event>` for
 * what a call produced, `<now>` for the current moment.
 */

export function block(name: 'summary' | 'event' | 'now', facts: unknown): string {
  return `<${name}>${json(facts)}</${name}>`;
}

/** JSON without `<`, so that a tool's output cannot close a block or open another. */
export function json(facts: unknown): string {
  return JSON.stringify(facts).replaceAll('<', '\\u003c');
}

/** A user's words, escaped so that nothing in them can be taken for a block. */
export function plain(words: string): string {
  return words.replace(/<(?=\s*\/?\s*(summary|event|now)\b)/gi, '&lt;');
}
