/**
 * Runs work with a limit on how much runs at once. Other work waits in order.
 * @throws the signal's reason, if it aborts before the work has begun
 */
export type Lanes = <T>(work: () => Promise<T>, signal: AbortSignal) => Promise<T>;

export function createLanes(most: number): Lanes {
  let free = most;
  const waiting = new Set<() => void>();

  function turn(signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const enter = () => {
      signal.removeEventListener('abort', leave);
      resolve();
    };
    const leave = () => {
      waiting.delete(enter);
      reject(signal.reason as Error);
    };
    waiting.add(enter);
    signal.addEventListener('abort', leave, { once: true });
    return promise;
  }

  return async (work, signal) => {
    signal.throwIfAborted();
    if (free > 0) free -= 1;
    else await turn(signal);
    try {
      return await work();
    } finally {
      const [next] = waiting;
      if (next) {
        waiting.delete(next);
        next();
      } else free += 1;
    }
  };
}
