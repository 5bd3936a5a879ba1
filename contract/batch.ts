/** What is written to the log at once. */
import type { Entry } from './entry.ts';
import type { Head } from './head.ts';
import type { ConversationKey } from './names.ts';

/**
 * Grows with every task of a conversation. `run` counts continue-as-new, `length` is the history's length when the task began, and
 * `at` is when it began, by the server's clock, in milliseconds: the attempts of a task that has failed before share one length.
 * A write with a lower fence comes from a worker that was paused and has been replaced.
 */
export interface Fence {
  run: number;
  length: number;
  at: number;
}

/** Below 0: `a` is the lower one. */
export const compareFences = (a: Fence, b: Fence) =>
  a.run - b.run || a.length - b.length || a.at - b.at;

/** The fence of a write that is certain: never below what is held, and above it where that came from a worker since replaced. */
export const fenceAbove = (held: Fence, given: Fence): Fence =>
  compareFences(given, held) < 0 ? { ...held, length: held.length + 1 } : given;

export interface Batch {
  conversation: ConversationKey;
  fence: Fence;
  /** The seq of the first entry; what stands in the log from here on is replaced. */
  base: number;
  /** Consecutive from `base`. May be empty: then only the head is written (and what stood from `base` on is removed). */
  entries: Entry[];
  head: Head;
}
