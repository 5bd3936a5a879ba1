/**
 * How far a call is: what has been told of it, and where its tool goes on after a crash. Pure; the cursor is JSON and travels in
 * the heartbeat.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { CallEventSignal } from '../contract/signals.ts';
import type { Report } from '../contract/report.ts';
import { admit, createFilter, type FilterState } from '../contract/report-filter.ts';
import { CallFailed } from './call-failed.ts';
import type { Step } from './tool-yield.ts';

const count = z.int().min(0);

const report = z.discriminatedUnion('type', [
  z.object({ type: z.literal('percent'), every: z.number().min(1).max(100) }),
  z.object({ type: z.literal('time'), every_ms: z.number().min(1_000) }),
  z.object({ type: z.literal('end') }),
  z.object({ type: z.literal('everything') }),
]) satisfies z.ZodType<Report>;

const filterState = z.object({
  report,
  milestone: z.number().min(0).max(100),
  told_at: z.number(),
}) satisfies z.ZodType<FilterState>;

const digests = z.array(z.string());

const callCursor = z.object({
  /** Events told so far; the next is n + 1. */
  n: count,
  /** Results told so far. */
  results: count,
  /** Those told after the checkpoint, as digests, oldest first: a tool that goes on from there yields them again. */
  since: digests,
  /** Those that this attempt has still to yield again. They are not told twice. */
  repeats: digests,
  filter: filterState,
  /** What the last yield that had one carried. Undefined: the next attempt begins anew. */
  checkpoint: z.unknown().optional(),
});

export type CallCursor = z.infer<typeof callCursor>;

/**
 * @param details the last heartbeat of the attempt before, if there was any
 * @throws CallFailed `InvalidCheckpoint` when nothing can go on from it
 */
export function restoreCursor(details: unknown, report: Report, now: number): CallCursor {
  if (details === undefined || details === null) {
    return { n: 0, results: 0, since: [], repeats: [], filter: createFilter(report, now) };
  }
  const parsed = callCursor.safeParse(details);
  if (parsed.success) return { ...parsed.data, repeats: parsed.data.since };
  throw new CallFailed(
    'InvalidCheckpoint',
    'It was interrupted and cannot go on: this version of the service cannot read how far it was.',
  );
}

/** The cursor after a step, and the event to tell of it. The cursor holds once the event has arrived. */
export function advance(
  cursor: CallCursor,
  step: Step,
  now: number,
): { cursor: CallCursor; event?: Omit<CallEventSignal, 'call_id'> } {
  const { type, checkpoint, ...told } = step;
  const event = { n: cursor.n + 1, event: type, ...told };
  if (step.type === 'progress') {
    const { state: filter, told: isTold } = admit(cursor.filter, step.percent, now);
    const next = withCheckpoint({ ...cursor, filter }, checkpoint);
    return isTold ? { cursor: { ...next, n: event.n }, event } : { cursor: next };
  }
  const digest = digestOf(step.data);
  const repeat = indexOfRepeat(cursor, digest);
  if (repeat >= 0) {
    const repeats = cursor.repeats.toSpliced(repeat, 1);
    return { cursor: withCheckpoint({ ...cursor, repeats }, checkpoint) };
  }
  const next = {
    ...cursor,
    n: event.n,
    results: cursor.results + 1,
    since: [...cursor.since, digest].slice(-MOST_DIGESTS),
  };
  return { cursor: withCheckpoint(next, checkpoint), event };
}

/** What is older would be told twice rather than make every heartbeat larger. */
const MOST_DIGESTS = 1_000;

/**
 * A tool that began anew repeats what it yielded first, in this order, even where it reads differently now. One that went on
 * from a checkpoint may have meant it to stand for more or less than it does: only what reads the same is a repeat.
 */
function indexOfRepeat({ repeats, checkpoint }: CallCursor, digest: string): number {
  return checkpoint === undefined ? Math.min(repeats.length, 1) - 1 : repeats.indexOf(digest);
}

function withCheckpoint(cursor: CallCursor, checkpoint: unknown): CallCursor {
  return checkpoint === undefined ? cursor : { ...cursor, checkpoint, since: cursor.repeats };
}

function digestOf(data: unknown): string {
  return createHash('sha256').update(JSON.stringify(data)).digest('base64url').slice(0, 12);
}
