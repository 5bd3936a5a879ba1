/**
 * JSON without the characters that are not text everywhere: NUL and halves of a surrogate pair become U+FFFD.
 * @param json as JSON.stringify writes it: the escapes are its own
 */
export const storable = (json: string) =>
  json.replaceAll(/\\(\\|u0000|ud[89a-f][0-9a-f]{2})/g, (escape) =>
    // An escaped backslash is matched only to be left alone.
    escape === '\\\\' ? escape : '\\ufffd',
  );

/** The same of a text. */
export const storableText = (text: string) => text.replaceAll('\0', '\uFFFD').toWellFormed();

/** The same of a value, as JSON.parse gives it. */
export const storableValue = <T>(value: T): T => JSON.parse(storable(JSON.stringify(value)));
