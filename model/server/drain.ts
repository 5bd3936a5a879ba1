type Reader = Pick<ReadableStreamDefaultReader<unknown>, 'read' | 'cancel'>;

/**
 * Reads a body to its end, which a server sends just after its last event. A body that is left before is a connection that is closed,
 * and the next request then needs another one. Never fails. Gives up after a second.
 */
export async function drain(reader: Reader): Promise<void> {
  const late = setTimeout(() => void close(reader), LONGEST_MS).unref();
  try {
    while (!(await reader.read()).done);
  } catch {
    // The connection broke. What was asked for is here.
  }
  clearTimeout(late);
}

/** A server that takes longer holds its answer open. */
const LONGEST_MS = 1_000;

/** Closes the connection, unless the body has ended. Never fails. */
export const close = (reader: Reader): Promise<void> => reader.cancel().catch(() => {});
