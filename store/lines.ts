/** Logs that an operator's resets have taken back, one after the other: any of them can be put together again. */
import type { Entry } from '../contract/entry.ts';

export interface Line {
  /** The runs that have written it, oldest first. */
  runs: string[];
  entries: Entry[];
}

export interface Superseded extends Line {
  /** Entries 1 to this one stayed; `entries` are those after it. */
  kept: number;
}

/**
 * The log as it was when the first of these runs that has written at all, or one that continued as it, was the last to write.
 * @param runs nearest first
 * @param standing the log of now
 * @param newestFirst what was taken back
 * @returns undefined: it stands
 */
export function logOf(runs: string[], standing: Line, newestFirst: Superseded[]): Line | undefined {
  for (const run of runs) {
    if (standing.runs.includes(run)) return undefined;
    let { entries } = standing;
    for (const { runs: line, kept, entries: cut } of newestFirst) {
      entries = [...entries.slice(0, kept), ...cut];
      if (line.includes(run)) return { runs: line, entries };
    }
  }
  return undefined;
}
