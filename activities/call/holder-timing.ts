/** The clocks and intervals by which a holder knows whether it still holds its calls. */
import { setTimeout as sleep } from 'node:timers/promises';

export interface HolderClock {
  /** Monotonic milliseconds. */
  now(): number;
  /** Milliseconds since 1970. This clock runs while the machine is suspended, and may be set by hand. */
  wall(): number;
  pause(ms: number): Promise<void>;
  /** The timer keeps no process alive. @returns a function that stops it */
  every(ms: number, work: () => void): () => void;
}

export interface HolderTiming {
  lease_ms: number;
  margin_ms: number;
  /** Less than the heartbeat timeout of a tool's activity, by a margin. */
  answer_ms: number;
  renew_ms: number;
  /** The renewal interval while no call runs. */
  idle_ms: number;
  tick_ms: number;
}

export const TIMING: HolderTiming = {
  lease_ms: 8_000,
  margin_ms: 2_000,
  answer_ms: 3_000,
  renew_ms: 1_000,
  idle_ms: 15_000,
  tick_ms: 100,
};

export const realClock: HolderClock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  pause: (ms) => sleep(ms, undefined, { ref: false }),
  every(ms, work) {
    const timer = setInterval(work, ms).unref();
    return () => clearInterval(timer);
  },
};
