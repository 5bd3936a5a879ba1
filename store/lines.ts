/** Logs that an operator's resets have taken back, one after the other: any of them can be put together again. */
import { isDeepStrictEqual } from 'node:util';
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

/**
 * What lacks between the end of a log and a batch of a run. An activity of that run's history may write late, and so take the log over
 * with less than the run has decided: what it took back with the words of another run was this run's too.
 * @param newestFirst what was taken back
 * @param of the runs of whose history the one that writes is made; undefined: it holds the log, so what was taken back last was taken back for it
 * @returns undefined: it is not there
 */
export function lackingBefore(
  base: number,
  standing: Entry[],
  newestFirst: Superseded[],
  of?: string[],
): Entry[] | undefined {
  let before = standing;
  for (const { runs, kept, entries } of of ? newestFirst : newestFirst.slice(0, 1)) {
    before = [...before.slice(0, kept), ...entries];
    const isOwn = of === undefined || runs.some((run) => of.includes(run));
    if (!isOwn || before.length < base - 1) continue;
    if (isDeepStrictEqual(before.slice(0, standing.length), standing)) {
      return before.slice(standing.length, base - 1);
    }
  }
  return undefined;
}
