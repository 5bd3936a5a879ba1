/** What the checker says of a run: how many faults of each kind, and each of them in words. */
import type { Kind } from '../evidence.ts';

export const COUNTS = {
  lost_messages: 'messages that were acknowledged but are not in the log',
  lost_news: 'results of tools that were never told',
  missing_entries: 'entries missing from the log or from a follower',
  doubled_entries: 'entries that occur twice',
  doubled_effects: 'side effects that happened twice, too late, or for no call',
  unended_calls: 'calls without an end',
  programs_left: 'programs and calls that still run',
  stuck: 'conversations that could not be closed',
  broken_rules: 'violations of the rules, and failures without a cause',
} as const;

export type Count = keyof typeof COUNTS;

export interface Finding {
  count: Count;
  /** Where it was seen; undefined for what belongs to no conversation. */
  conversation?: string;
  /** The entries it is about. */
  seqs: number[];
  /** One sentence for a person, with the ids to look for. */
  words: string;
}

/** What a part of the checker has to say. */
export interface Verdict {
  findings: Finding[];
  excused: Excused[];
}

/** What went wrong and cannot go right, and why. */
export interface Excused {
  conversation?: string;
  seqs: number[];
  words: string;
  /** The reason, from the table of excuses. */
  why: string;
}

export interface CheckReport {
  counts: Record<Count, number>;
  findings: Finding[];
  excused: Excused[];
  /** Milliseconds, after the faults of each kind and target and after all of them. */
  recovery: { all: Spread; after: Record<string, Spread> };
  /** From an effect of a program until the next entry of its call. Milliseconds. */
  output_waits: Spread;
  /** What the run was, so that zeros can be weighed. */
  size: Size;
}

/** Undefined where nothing was measured. */
export interface Spread {
  samples: number;
  p50?: number;
  p95?: number;
}

export interface Size {
  conversations: number;
  messages: number;
  entries: number;
  calls: number;
  /** Those of them that were made at once, without a workflow. */
  quick: number;
  effects: number;
  /** How many, of each kind. */
  kinds: Record<Kind, number>;
  faults: { kind: Kind; target: string; moment: string; count: number }[];
  /** Calls that failed, by the type of their error. */
  failures: Record<string, number>;
}

/** Zeros everywhere. What is excused is no fault. */
export const isSound = ({ findings }: CheckReport) => findings.length === 0;
