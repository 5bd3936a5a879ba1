/** Parts of a service that open together and close in reverse order. */

export interface Running {
  /** Rejects when a part stopped unexpectedly and did not come back. */
  failed: Promise<never>;
  /** Ends streams, lets the worker finish running work, and stops everything that was started. */
  close(): Promise<void>;
  /** For an immediate exit: leaves no process behind, but drains nothing. */
  kill(): void;
}

export interface StartOptions {
  log: (line: string) => void;
  /** Aborts the start. */
  signal?: AbortSignal;
}

/** @throws what `open` throws; the parts that it had opened are closed. */
export async function openTogether<T>(
  { log, signal }: StartOptions,
  open: (options: Required<StartOptions>, stack: Stack) => Promise<T>,
): Promise<T & Pick<Running, 'close'>> {
  const stack = createStack();
  const failed = new AbortController();
  const either = AbortSignal.any([failed.signal, ...(signal ? [signal] : [])]);
  try {
    return { ...(await open({ log, signal: either }, stack)), close: () => stack.close() };
  } catch (error) {
    failed.abort();
    const left = await stack.close().catch((closing: Error) => closing);
    if (left === undefined) throw error;
    const message = `${(error as Error).message}\n${left.message}`;
    throw new AggregateError([error, left], message, { cause: error });
  }
}

/** The parts that have been opened, or are being opened, and will be closed in reverse order. */
export interface Stack {
  /**
   * Registers at once, so that parts may open concurrently and still close in the reverse of the order in which they were begun.
   * @returns what was opened. If that fails there is nothing to close.
   */
  opening<T>(
    name: string,
    part: T | Promise<T>,
    close: (part: T) => void | Promise<void>,
    options?: { close_ms?: number },
  ): Promise<T>;
  /**
   * Closes each part after those that were begun later. A part that fails, or does not end in time, does not keep the others
   * open. Idempotent.
   * @throws AggregateError naming every part that failed or was left behind
   */
  close(): Promise<void>;
}

interface Part {
  name: string;
  close_ms: number;
  close(): Promise<void>;
}

/** Longer than any part takes except a worker: a Temporal server is killed after ten seconds. */
const CLOSE_MS = 20_000;

/** @param longest_ms how long a part may take to close, unless it says otherwise */
export function createStack(longest_ms = CLOSE_MS): Stack {
  const parts: Part[] = [];
  let closing: Promise<void> | undefined;
  return {
    opening(name, part, close, { close_ms = longest_ms } = {}) {
      const opened = Promise.resolve(part);
      const closed = () => opened.then(close, () => {}); // An opening error is reported to the caller of `opening`.
      parts.push({ name, close_ms, close: closed });
      opened.catch(() => {});
      return opened;
    },
    close: () => (closing ??= closeAll(parts.toReversed())),
  };
}

async function closeAll(parts: Part[]): Promise<void> {
  const errors: Error[] = [];
  for (const { name, close_ms, close } of parts) {
    await within(close_ms, close()).catch((cause: unknown) => {
      errors.push(new Error(`${name} did not stop cleanly: ${String(cause)}`, { cause }));
    });
  }
  if (errors.length > 0) {
    throw new AggregateError(errors, errors.map(({ message }) => message).join('\n'));
  }
}

/** @throws Error when it takes longer; its later outcome is ignored. */
async function within(milliseconds: number, work: Promise<void>): Promise<void> {
  work.catch(() => {});
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const seconds = milliseconds / 1_000;
    timer = setTimeout(() => reject(new Error(`it took longer than ${seconds} s`)), milliseconds);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
