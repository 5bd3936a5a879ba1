import { setTimeout as sleep } from 'node:timers/promises';

export interface LiveProgress<Step> {
  /** Never waits. */
  show(step: Step): void;
  /** Resolves when the last step has been written. */
  finish(): Promise<void>;
}

/**
 * Writes the first step at once, then the latest one after a rest; what is between is skipped. A failure, which `failed`
 * gets, costs that step alone: what is shown live may be lost.
 */
export function createLiveProgress<Step>(
  write: (step: Step) => Promise<void>,
  failed: (error: unknown) => void,
  rest_ms = 250,
): LiveProgress<Step> {
  let latest: { step: Step } | undefined;
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
      await writing;
    },
  };
}

/** Cutting the rest short is the purpose of the signal. */
function ignoreAbort(error: Error) {
  if (error.name !== 'AbortError') throw error;
}
