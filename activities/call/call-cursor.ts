/**
 * The progress of a call: what it has reported, and where its tool resumes after a crash. Pure; the cursor is JSON and travels in
 * the heartbeat.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { CallEventSignal } from '../../contract/signals.ts';
import type { Report } from '../../contract/report.ts';
import { admit, createFilter, type FilterState } from '../../contract/report-filter.ts';
import { CallFailed } from './call-failed.ts';
import type { CheckedYield } from './tool-yield.ts';

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
  /** Events reported so far; the next is n + 1. */
  n: count,
  /** Results reported so far. */
  results: count,
  /** Digests of the results reported after the checkpoint, oldest first: a tool that resumes from there yields them again. */
  since: digests,
  /** Digests of the results that this attempt has yet to yield again. They are not reported twice. */
  repeats: digests,
  filter: filterState,
  /** The checkpoint of the last yield that carried one. When undefined, the next attempt starts from the beginning. */
  checkpoint: z.unknown().optional(),
  /** Id of the last question that was reported. */
  asked: z.string().optional(),
});

export type CallCursor = z.infer<typeof callCursor>;

/**
 * @param details the last heartbeat of the previous attempt, if any
 * @throws CallFailed `InvalidCheckpoint` when this version cannot read it
 */
export function readCursor(details: unknown, report: Report, now: number): CallCursor {
  if (details === undefined || details === null) {
    return { n: 0, results: 0, since: [], repeats: [], filter: createFilter(report, now) };
  }
  const parsed = callCursor.safeParse(details);
  if (parsed.success) return parsed.data;
  throw unreadable();
}

export const unreadable = () =>
  new CallFailed(
    'InvalidCheckpoint',
    'It was interrupted and cannot resume: this version of the service cannot read its saved progress.',
  );

/** The cursor of a tool that starts again from the checkpoint. */
export const resumed = (cursor: CallCursor): CallCursor => ({ ...cursor, repeats: cursor.since });

/** The cursor after a step, and the event to report. The cursor is valid once the event has arrived. */
export function advance(
  cursor: CallCursor,
  step: CheckedYield,
  now: number,
): { cursor: CallCursor; event?: Omit<CallEventSignal, 'call_id'> } {
  const { type, checkpoint, ...told } = step;
  const event = { n: cursor.n + 1, event: type, ...told };
  if (step.type === 'progress' && (step.question || step.settles)) {
    const { question = { id: '' } } = step;
    if (question.id === (cursor.asked ?? '')) return { cursor };
    return { cursor: { ...cursor, n: event.n, asked: question.id }, event };
  }
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

/** Older digests are dropped: reporting a result twice is better than making every heartbeat larger. */
const MOST_DIGESTS = 1_000;

/**
 * A tool that started from the beginning repeats its results in the same order, even where a value differs now. After a resume from
 * a checkpoint only an identical value is a repeat: the checkpoint may cover more or fewer results than were reported.
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
