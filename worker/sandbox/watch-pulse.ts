import type { Worker as Thread } from 'node:worker_threads';

const TICK_MS = 500;
/** One and a half times Temporal's workflow task timeout. */
const PATIENCE_MS = 15_000;

/**
 * Ends a thread whose timers have not run for `patience_ms`. Time counts only while this thread's own timers run: a paused
 * process or an overloaded machine ends nothing.
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
    // Before the first pulse the thread has not begun.
    still = now === last && now > 0 ? still + TICK_MS : 0;
    last = now;
    if (still < patience_ms) return;
    clearInterval(timer);
    stuck();
    void thread.terminate();
  }, TICK_MS).unref();
  thread.once('exit', () => clearInterval(timer));
}
