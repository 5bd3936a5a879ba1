/** Logs that operators' resets have removed, kept in order: any of them can be restored. */
import { isDeepStrictEqual } from 'node:util';
import type { Entry } from '../contract/entry.ts';

export interface Line {
  /** The runs that have written it, oldest first. */
  runs: string[];
  entries: Entry[];
}

export interface Superseded extends Line {
  /** Entries 1 to this one remained; `entries` are those after it. */
  kept: number;
}

/**
 * The log as it was when last written by the first of these runs that has written anything, or by a run that continued it.
 * @param runs nearest first
 * @param standing the current log
 * @param newestFirst the parts that were removed from it
 * @returns undefined when that log is the current one, or none of the runs has written
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
 * The entries missing between the end of a log and a run's batch. An activity from that run's history may write late, and so take
 * over the log with fewer entries than the run has decided. It then removes entries of another run that are also those of this run.
 * @param newestFirst the removed parts of the log
 * @param of the runs from whose history the writing run was made; undefined when it holds the log, and the last removal was for it
 * @returns undefined when the entries are not found
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
