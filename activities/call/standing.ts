/**
 * The progress of a call: its cursor, and what its tool has done that is not reported yet. The heartbeat carries both, so the next
 * attempt repeats nothing, in any process.
 */
import { z } from 'zod';
import { validate, callEnd } from '../../contract/untrusted.ts';
import type { Report } from '../../contract/report.ts';
import type { CallEnd } from '../../contract/signals.ts';
import { type CallCursor, readCursor, unreadable } from './call-cursor.ts';

export type Untold =
  /** A yield with a checkpoint that has not been reported: its work is done. */
  | { kind: 'yielded'; yielded: unknown }
  /** What the tool returned, before its result is stored. */
  | { kind: 'returned'; returned: unknown }
  /** How the call ended, before the store has confirmed it. */
  | { kind: 'ended'; end: CallEnd };

export interface Standing {
  cursor: CallCursor;
  untold?: Untold;
}

/** Temporal limits the size of a heartbeat. Anything larger stays in the memory of this process. */
const MOST_CARRIED_CHARS = 600_000;

/** @returns the details of a heartbeat */
export function carried({ cursor, untold }: Standing): object {
  // A returned value is not checked yet: it may not be JSON, and may have the size of a large result.
  const isCarried = untold && untold.kind !== 'returned' && fits(untold);
  return isCarried ? { ...cursor, untold } : cursor;
}

const fits = (untold: Untold) => JSON.stringify(untold).length <= MOST_CARRIED_CHARS;

const heartbeat = z.object({
  untold: z
    .discriminatedUnion('kind', [
      z.object({ kind: z.literal('yielded'), yielded: z.unknown() }),
      z.object({
        kind: z.literal('ended'),
        end: z.custom<CallEnd>((end) => validate(callEnd, end).why === undefined),
      }),
    ])
    .optional(),
});

/**
 * @param details the last heartbeat of the previous attempt, if any
 * @throws CallFailed `InvalidCheckpoint` when the tool cannot resume from it
 */
export function readStanding(details: unknown, report: Report, now: number): Standing {
  const cursor = readCursor(details, report, now);
  const { success, data } = heartbeat.safeParse(details ?? {});
  if (!success) throw unreadable();
  return { cursor, ...(data.untold && { untold: data.untold }) };
}
