type Reader = Pick<ReadableStreamDefaultReader<unknown>, 'read' | 'cancel'>;

/**
 * Reads a body to its end, which a server sends just after its last event, so that the next request can use the connection. Gives up and
 * closes the connection after a second. Never rejects.
 */
export async function drain(reader: Reader): Promise<void> {
  const late = setTimeout(() => void close(reader), LONGEST_MS).unref();
  try {
    while (!(await reader.read()).done);
  } catch {
    // The connection broke after the complete answer.
  }
  clearTimeout(late);
}

/** A server that takes longer keeps the response open. */
const LONGEST_MS = 1_000;

/** Closes the connection, unless the body has ended. Never rejects. */
export const close = (reader: Reader): Promise<void> => reader.cancel().catch(() => {});
