/** What is written to the log at once. */
import type { Entry } from './entry.ts';
import type { Head } from './head.ts';
import type { ConversationKey } from './names.ts';

/**
 * Grows with every task of a conversation. `run` counts continue-as-new, `length` is the history's length when the task began.
 * A write with a lower fence comes from a worker that was paused and has been replaced.
 */
export interface Fence {
  run: number;
  length: number;
}

export interface Batch {
  conversation: ConversationKey;
  fence: Fence;
  /** The seq of the first entry; what stands in the log from here on is replaced. */
  base: number;
  /** Consecutive from `base`. May be empty: then only the head is written (and what stood from `base` on is removed). */
  entries: Entry[];
  head: Head;
}
