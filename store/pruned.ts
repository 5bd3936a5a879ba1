import type { Store } from './store.ts';

/**
 * A store that prunes itself every hour. Any number of processes may do so.
 * @param wait_ms the time before the first pruning, and between two
 */
export function pruned(store: Store, wait_ms = 3_600_000): Store {
  let pruning = Promise.resolve();
  const timer = setInterval(() => {
    // A failure does no harm; the next hour tries again.
    pruning = pruning.then(() => store.prune(longAgo())).catch(() => {});
  }, wait_ms).unref();
  return {
    ...store,
    async close() {
      clearInterval(timer);
      await pruning;
      await store.close();
    },
  };
}

/** Longer than any call may run (2^31 ms, 25 days): an open call may need its keys. */
const RETENTION_MS = 30 * 24 * 3_600_000;

const longAgo = () => new Date(Date.now() - RETENTION_MS).toISOString();
