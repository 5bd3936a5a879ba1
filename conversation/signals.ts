/** Signals that do not fit their schema: they change nothing, and the log records them. */
import type { Dropped } from './state.ts';
import { addEntry, SYSTEM, type Step } from './step.ts';

/** A flood of them must not fill the log: beyond this, they are only counted. */
const ENTRIES_PER_MINUTE = 5;
const MINUTE_MS = 60_000;

export function hearDropped(step: Step, { signal, why }: { signal: string; why: string }): void {
  const { state, at } = step;
  const last = state.dropped;
  const isOfThisMinute = last !== undefined && at - last.since < MINUTE_MS;
  const count: Dropped = isOfThisMinute ? last : { since: at, written: 0, more: last?.more ?? 0 };
  if (count.written >= ENTRIES_PER_MINUTE) {
    state.dropped = { ...count, more: count.more + 1 };
    return;
  }
  const more = count.more > 0 && { more: count.more };
  addEntry(step, 'signal.dropped', { signal, why, ...more }, { actor: SYSTEM, cause: [] });
  state.dropped = { since: count.since, written: count.written + 1, more: 0 };
}

/** Before the log ends, records the number of dropped signals that have no entry. */
export function countDropped(step: Step): void {
  const more = step.state.dropped?.more ?? 0;
  if (more === 0) return;
  const why = 'They arrived too fast to get an entry each.';
  addEntry(step, 'signal.dropped', { signal: 'any', why, more }, { actor: SYSTEM, cause: [] });
  delete step.state.dropped;
}
