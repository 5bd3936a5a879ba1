/**
 * JSON without the characters that not every system accepts as text: NUL and unpaired surrogates become U+FFFD.
 * @param json as JSON.stringify writes it, since its escapes are matched
 */
export const storable = (json: string) =>
  json.replaceAll(/\\(\\|u0000|ud[89a-f][0-9a-f]{2})/g, (escape) =>
    // An escaped backslash is matched only to be left alone.
    escape === '\\\\' ? escape : '\\ufffd',
  );

/** The same for a text. */
export const storableText = (text: string) => text.replaceAll('\0', '\uFFFD').toWellFormed();

/** The same for a value, as JSON.parse returns it. */
export const storableValue = <T>(value: T): T => JSON.parse(storable(JSON.stringify(value)));
