/** Reads a JSON object. Any other text gives an empty one: a client may send anything, and a line may have been cut in two. */
export function readObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
