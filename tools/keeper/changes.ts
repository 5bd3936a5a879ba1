/** Reports changes in a folder sooner than occasional polling would. */
import { type FSWatcher, watch } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export interface FolderWatch {
  /**
   * Resolves once something has changed since the last call, after `within_ms` at the latest, and at once when the signal has
   * aborted. Before the abort, two calls resolve at least REST_MS (50 ms) apart.
   */
  next(within_ms: number): Promise<void>;
  close(): void;
}

export function watchFolder(folder: string, signal: AbortSignal): FolderWatch {
  let hasChanged = false;
  let wake = () => {};
  const note = () => {
    hasChanged = true;
    wake();
  };
  let watcher = open();
  let rested = 0;

  function open(): FSWatcher | undefined {
    try {
      return watch(folder, { persistent: false }, note).on('error', () => {
        watcher?.close();
        watcher = undefined;
      });
    } catch {
      // The folder was removed, which the caller will notice, or there are too many watchers.
      return undefined;
    }
  }

  return {
    async next(within_ms) {
      await sleep(Math.max(0, rested - performance.now()), undefined, { signal }).catch(() => {});
      if (!hasChanged && !signal.aborted) {
        const { promise, resolve } = Promise.withResolvers<void>();
        wake = resolve;
        const timer = setTimeout(resolve, watcher ? within_ms : Math.min(within_ms, REST_MS));
        signal.addEventListener('abort', note, { once: true });
        await promise;
        signal.removeEventListener('abort', note);
        clearTimeout(timer);
      }
      hasChanged = false;
      rested = performance.now() + REST_MS;
    },
    close: () => watcher?.close(),
  };
}

const REST_MS = 50;
