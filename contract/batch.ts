/** What is written to the log at once. */
import type { Entry } from './entry.ts';
import type { Head } from './head.ts';
import type { ConversationKey } from './names.ts';

/**
 * Grows with every task of one run of a conversation. `run` counts continue-as-new, `length` is the history's length when the task began, and
 * `at` is when it began, by the server's clock, in milliseconds: the attempts of a task that has failed before share one length.
 * A write with a lower fence comes from a worker that was paused and has been replaced.
 */
export interface Fence {
  run: number;
  length: number;
  at: number;
  /** The run that writes, as Temporal knows it. Absent: an older version wrote, and `run` alone has to tell. */
  run_id?: string;
  /** The run that continued as this one. */
  continued_from?: string;
}

/** The run that writes after the end of a conversation whose workflow is gone: none. */
export const NO_RUN = 'none';

/**
 * Whether a write belongs to the run that holds the log, or to the one that follows it. Only then do the numbers of its fence say
 * anything: an operator who resets a workflow makes another run, which begins with a shorter history.
 */
export const isOfLine = (held: Fence, given: Fence) =>
  held.run_id === undefined ||
  given.run_id === undefined ||
  held.run_id === given.run_id ||
  held.run_id === given.continued_from;

/** Below 0: `a` is the lower one. */
export const compareFences = (a: Fence, b: Fence) =>
  a.run - b.run || a.length - b.length || a.at - b.at;

/** The fence of a write that is certain: never below what is held, and above it where that came from a worker since replaced. */
export const fenceAbove = (held: Fence, given: Fence): Fence =>
  compareFences(given, held) < 0 ? { ...held, length: held.length + 1 } : given;

/** Where an operator's reset comes from, as far as Temporal says so. */
export interface ResetOrigin {
  /** The run of whose history this one is made, and those of whose that one is, nearest first. */
  base_runs?: string[];
  /** In the operator's words. */
  reason?: string;
}

/** What an operator's reset has taken back of the log. */
export interface Reset {
  /** The run that an operator's reset has made, as Temporal knows it. */
  run_id: string;
  /** What stands from before it: entries 1 to `kept`. */
  kept: number;
  /** The last entry that there was. */
  had: number;
  /** Ids of the calls that ran by then. */
  calls: string[];
  /** In the operator's words. */
  reason?: string;
}

/** What a workflow learns from a write. */
export interface Written {
  /** The words of interrupted replies, by reply id: so that the history has them too. */
  said?: Record<string, string>;
  /** This run has been made by a reset, and its log does not say so yet. */
  reset?: Reset;
  /** Nothing was written: the conversation was closed before this run was made, and that is final. */
  closed?: true;
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
