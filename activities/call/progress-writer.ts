import { setTimeout as sleep } from 'node:timers/promises';

export interface ProgressWriter<Progress> {
  /** Returns at once. */
  show(step: Progress): void;
  /** Resolves when the last report has been written, or when the store has not answered for a second: the end of a call waits no longer. */
  finish(): Promise<void>;
}

/**
 * Writes the first step at once, then the latest one after each pause; steps in between are skipped. A failure is passed to `failed`
 * and loses only that step: live progress may be lost.
 */
export function createProgressWriter<Progress>(
  write: (step: Progress) => Promise<void>,
  failed: (error: unknown) => void,
  { rest_ms = 250, finish_ms = 1_000 }: { rest_ms?: number; finish_ms?: number } = {},
): ProgressWriter<Progress> {
  let latest: { step: Progress } | undefined;
  let writing: Promise<void> | undefined;
  const finishing = new AbortController();

  async function writeAll() {
    while (latest) {
      const { step } = latest;
      latest = undefined;
      await write(step).catch(failed);
      if (!finishing.signal.aborted) await rest();
    }
    writing = undefined;
  }

  async function rest() {
    await sleep(rest_ms, undefined, { signal: finishing.signal }).catch(ignoreAbort);
  }

  return {
    show(step) {
      latest = { step };
      writing ??= writeAll();
    },
    async finish() {
      finishing.abort();
      await Promise.race([writing, sleep(finish_ms, undefined, { ref: false })]);
    },
  };
}

/** Ends the pause early: cutting it short is what the signal is for. */
function ignoreAbort(error: Error) {
  if (error.name !== 'AbortError') throw error;
}
