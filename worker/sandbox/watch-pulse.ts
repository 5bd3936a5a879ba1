import type { Worker as Thread } from 'node:worker_threads';

const TICK_MS = 500;
/** As long as a workflow task may take before Temporal gives it to somebody else, and half as long again. */
const PATIENCE_MS = 15_000;

/**
 * Ends a thread that has not come to its timers for `patience_ms`. Time counts only while this thread comes to its own: a process
 * that was paused, or a machine that is full, ends nothing.
 */
export function watchPulse(
  thread: Thread,
  pulse: SharedArrayBuffer,
  { stuck, patience_ms = PATIENCE_MS }: { stuck(): void; patience_ms?: number },
): void {
  const count = new Int32Array(pulse);
  let last = 0;
  let still = 0;
  const timer = setInterval(() => {
    const now = Atomics.load(count, 0);
    // Before the first one it has not begun.
    still = now === last && now > 0 ? still + TICK_MS : 0;
    last = now;
    if (still < patience_ms) return;
    clearInterval(timer);
    stuck();
    void thread.terminate();
  }, TICK_MS).unref();
  thread.once('exit', () => clearInterval(timer));
}
