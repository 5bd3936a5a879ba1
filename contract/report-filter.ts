/**
 * Decides which steps of a call's progress the model is told (R7). It runs at the source, so the other steps cost neither tokens
 * nor history. Pure functions over JSON state: it is part of the checkpoint, so that no milestone is told twice.
 */
import type { Report } from './report.ts';

export interface FilterState {
  report: Report;
  /** The last milestone told, in percent; 0 if none was. */
  milestone: number;
  /** When something was last told, or when the call began. Milliseconds since 1970. */
  told_at: number;
}

export function createFilter(wanted: Report, now: number): FilterState {
  return { report: wanted, milestone: 0, told_at: now };
}

/** @param percent 0–100 */
export function admit(
  state: FilterState,
  percent: number,
  now: number,
): { state: FilterState; told: boolean } {
  const milestone = milestoneAt(state.report, percent);
  if (!isTold(state, milestone, now)) return { state, told: false };
  return {
    state: { ...state, milestone: Math.max(state.milestone, milestone), told_at: now },
    told: true,
  };
}

function isTold(state: FilterState, milestone: number, now: number): boolean {
  switch (state.report.type) {
    case 'percent':
      return milestone > state.milestone;
    case 'time':
      return now - state.told_at >= state.report.every_ms;
    case 'everything':
      return true;
    case 'end':
      return false;
    default:
      return state.report satisfies never;
  }
}

/** The highest milestone at or below `percent`. 100 is always one, whether or not the step divides it. */
function milestoneAt(wanted: Report, percent: number): number {
  if (wanted.type !== 'percent') return 0;
  return percent >= 100 ? 100 : Math.floor(percent / wanted.every) * wanted.every;
}
