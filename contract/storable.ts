/**
 * JSON without the characters that the store refuses: NUL and halves of a surrogate pair become U+FFFD.
 * @param json as JSON.stringify writes it: the escapes are its own
 */
export const storable = (json: string) =>
  json.replaceAll(/\\(\\|u0000|ud[89a-f][0-9a-f]{2})/g, (escape) =>
    // An escaped backslash is matched only to be left alone.
    escape === '\\\\' ? escape : '\\ufffd',
  );
