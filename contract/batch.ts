/** A single write to the log, its fence and its outcome. */
import type { Entry } from './entry.ts';
import type { Head } from './head.ts';
import type { ConversationKey } from './names.ts';

/**
 * Grows with every task of one run of a conversation. `run` counts continue-as-new, `length` is the history's length when the task
 * began, and `at` is when it began, by the server's clock, in milliseconds: all attempts of a failed task share one length.
 * A write with a lower fence comes from a worker that was paused and has been replaced.
 */
export interface Fence {
  run: number;
  length: number;
  at: number;
  /** Temporal's id of the run that writes. Absent for a write by an older version: then only `run` can tell. */
  run_id?: string;
  /** Id of the run that continued as this one. */
  continued_from?: string;
}

/** Stands for the id of the writing run once a conversation has no workflow any more. */
export const NO_RUN = 'none';

/**
 * Whether a write belongs to the run that holds the log, or to the one that follows it. Only then can the numbers of its fence be
 * compared: a reset of a workflow creates another run, which begins with a shorter history.
 */
export const areComparable = (held: Fence, given: Fence) =>
  held.run_id === undefined ||
  given.run_id === undefined ||
  held.run_id === given.run_id ||
  held.run_id === given.continued_from;

/** Negative if `a` is lower, 0 if they are equal. */
export const compareFences = (a: Fence, b: Fence) =>
  a.run - b.run || a.length - b.length || a.at - b.at;

/** The fence of a committed write: never below the held one, and above it if that came from a worker since replaced. */
export const fenceAbove = (held: Fence, given: Fence): Fence =>
  compareFences(given, held) < 0 ? { ...held, length: held.length + 1 } : given;

/** Where an operator's reset comes from, as far as Temporal knows. */
export interface ResetOrigin {
  /** Ids of the run whose history this one was made from, the run that one was made from, and so on, nearest first. */
  base_runs?: string[];
  /** In the operator's words. */
  reason?: string;
  /** A run that Temporal ended before it had completed. If it has closed the log, the close was never committed and does not count. */
  cut_off?: string;
}

/** The part of the log that an operator's reset has removed. */
export interface Reset {
  /** Temporal's id of the run that an operator's reset has created. */
  run_id: string;
  /** Entries 1 to `kept` remain from before the reset. */
  kept: number;
  /** Seq of the last entry before the reset. */
  had: number;
  /** Ids of the calls that were running then. */
  calls: string[];
  /** In the operator's words. */
  reason?: string;
}

/** The outcome of a write, for the workflow. */
export interface BatchOutcome {
  /** The text of interrupted replies, by reply id, so that the history has it too. */
  said?: Record<string, string>;
  /** This run was created by a reset that its log does not record yet. */
  reset?: Reset;
  /** Nothing was written: the conversation was closed before this run was created, and closing is final. */
  closed?: true;
}

export interface Batch {
  conversation: ConversationKey;
  fence: Fence;
  /** The seq of the first entry; existing entries from here on are replaced. */
  base: number;
  /** Consecutive from `base`. May be empty: then only the head is written, and existing entries from `base` on are removed. */
  entries: Entry[];
  head: Head;
}
