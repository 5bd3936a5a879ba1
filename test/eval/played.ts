/** What is known of a scenario that was played: the log, and what the script did that the log cannot say. */
import type { Entry } from '../../contract/entry.ts';

export interface Played {
  /** Until the last line of the script was answered. */
  entries: readonly Entry[];
  /** What the tools have returned. */
  results: BroughtResult[];
  /** What a result can belong to, in small letters and in the singular: `bicycle`. */
  names: string[];
  /** What a call can be for, written alike. */
  subjects: string[];
  questions: AskedQuestion[];
  /** Subjects whose calls the user no longer wants. */
  calledOff: string[];
  /** The user wants to hear no result of a call before its last one, which came at this seq. */
  heldUntil?: number;
}

/** A reference that only one result has, whose it is, and the entry that brought it. */
export interface BroughtResult {
  code: string;
  name: string;
  seq: number;
}

/** Something the user asked, at this seq. Without an `answer` any words will do. */
export interface AskedQuestion {
  seq: number;
  text: string;
  answer?: string;
}

/** References in a text, as `KX-1234`, however they are written: with another dash, a blank or none, in small letters. */
export function codesIn(text: string): { code: string; at: number }[] {
  return [...text.matchAll(/\bKX[\s\p{Pd}]?(\d{4})(?!\d)/giu)].map((match) => ({
    code: `KX-${match[1]}`,
    at: match.index,
  }));
}
