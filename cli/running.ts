/** What a command starts and stops: parts that open together, and close in reverse order. */
import { createStack, type Stack } from './stack.ts';

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
  const hopeless = new AbortController();
  const going = AbortSignal.any([hopeless.signal, ...(signal ? [signal] : [])]);
  try {
    return { ...(await open({ log, signal: going }, stack)), close: () => stack.close() };
  } catch (error) {
    hopeless.abort();
    const left = await stack.close().catch((closing: Error) => closing);
    if (left === undefined) throw error;
    const message = `${(error as Error).message}\n${left.message}`;
    throw new AggregateError([error, left], message, { cause: error });
  }
}
