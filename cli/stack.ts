/** What has been opened, or is about to be, to be closed in the opposite order. */
export interface Stack {
  /**
   * Registers at once, so that parts may open side by side and still close in the order in which they were begun.
   * @returns what was opened. Where that fails there is nothing to close.
   */
  opening<T>(
    name: string,
    part: T | Promise<T>,
    close: (part: T) => void | Promise<void>,
  ): Promise<T>;
  /**
   * Each part after those that were begun later. One that fails does not keep the others open. Twice is the same as once.
   * @throws AggregateError naming every part that failed
   */
  close(): Promise<void>;
}

interface Part {
  name: string;
  close(): Promise<void>;
}

export function createStack(): Stack {
  const parts: Part[] = [];
  let closing: Promise<void> | undefined;
  return {
    opening(name, part, close) {
      const opened = Promise.resolve(part);
      const closed = () => opened.then(close, () => {}); // Whoever waits for it to open is told.
      parts.push({ name, close: closed });
      opened.catch(() => {});
      return opened;
    },
    close: () => (closing ??= closeAll(parts.toReversed())),
  };
}

async function closeAll(parts: Part[]): Promise<void> {
  const errors: Error[] = [];
  for (const { name, close } of parts) {
    await close().catch((cause: unknown) => {
      errors.push(new Error(`${name} did not stop as it should: ${String(cause)}`, { cause }));
    });
  }
  if (errors.length > 0) {
    throw new AggregateError(errors, errors.map(({ message }) => message).join('\n'));
  }
}
