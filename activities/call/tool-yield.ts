import { z } from 'zod';
import { schedule } from '../../contract/entry.ts';
import { cut } from '../../contract/stored.ts';
import { question } from '../../contract/question.ts';
import { asJson } from './as-json.ts';
import { CallFailed } from './call-failed.ts';
import { inWords } from './thrown.ts';

const options = { checkpoint: z.unknown().optional(), schedule: schedule.default('when_idle') };

const yieldSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('progress'),
    percent: z.number(),
    note: z.string().optional(),
    question: question.optional(),
    settles: z.literal(true).optional(),
    ...options,
  }),
  z.object({ type: z.literal('result'), data: z.unknown(), ...options }),
]);

/** What a tool yields, checked and as JSON. */
export type CheckedYield = z.infer<typeof yieldSchema>;

/** A note is a line next to a percentage: anything longer belongs in a result. */
const MOST_NOTE_CHARS = 4_000;

/** The limit for checkpoints, which heartbeats carry, and for progress, which signals carry: neither is stored separately. */
const MOST_CARRIED_BYTES = 64_000;

export interface Reported {
  /** The previous percentage. Default: 0. */
  last?: number;
  /** Called with a report that cannot be shown as it is. */
  warn?(message: string): void;
}

/**
 * Checks what a tool has yielded. An invalid report of progress must not fail the call. A percentage outside 0 to 100 is clamped,
 * since rounded shares and growing totals produce such values; one that is not a number is replaced by the previous one. A long note
 * is shortened, and a note that is not text is written as text.
 * @throws CallFailed `InvalidYield` for anything that is neither progress nor a result; `InvalidResult` or `ResultTooLarge` for its
 * data
 */
export function readYield(
  yielded: unknown,
  maxBytes: number,
  reported: Reported = {},
): CheckedYield {
  const parsed = yieldSchema.safeParse(withReport(yielded, reported));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const where = issue?.path.join('.') || 'it';
    throw new CallFailed(
      'InvalidYield',
      `The tool yielded something that is neither progress nor a result: ${where}: ${issue?.message}.`,
    );
  }
  const { checkpoint, ...told } = parsed.data;
  const carried = Math.min(maxBytes, MOST_CARRIED_BYTES);
  return {
    ...(told.type === 'result'
      ? {
          ...told,
          data: asJson(told.data, maxBytes, 'A result'),
        }
      : (asJson(told, MOST_CARRIED_BYTES, 'Its progress') as typeof told)),
    ...(checkpoint !== undefined && { checkpoint: asJson(checkpoint, carried, 'Its checkpoint') }),
  };
}

function withReport(yielded: unknown, { last = 0, warn }: Reported): unknown {
  if (typeof yielded !== 'object' || yielded === null) return yielded;
  const { type, percent, note, schedule: scheduled } = yielded as Record<string, unknown>;
  if (type !== 'progress') return yielded;
  const isNumber = typeof percent === 'number' && !Number.isNaN(percent);
  const shown = isNumber ? Math.min(100, Math.max(0, percent)) : last;
  if (shown !== percent) {
    const reported = isNumber ? `${percent} percent` : 'a percent that is not a number';
    warn?.(`The tool reported ${reported}: ${shown} is shown.`);
  }
  return {
    ...yielded,
    percent: shown,
    note: briefly(inText(note), warn),
    ...known(scheduled, warn),
  };
}

/** Keeps a note of another type, such as a number of files. */
function inText(note: unknown): string | undefined {
  if (note === undefined || note === null) return undefined;
  if (typeof note === 'string') return note;
  try {
    return inWords(note);
  } catch {
    // Its own code throws when it is inspected.
    return undefined;
  }
}

function known(given: unknown, warn: Reported['warn']): object {
  if (given === undefined || schedule.safeParse(given).success) return {};
  warn?.(
    `The tool reported progress with an unknown schedule${typeof given === 'string' ? ` "${given}"` : ''}: when_idle is used.`,
  );
  return { schedule: undefined };
}

function briefly(note: string | undefined, warn: Reported['warn']): string | undefined {
  if (note === undefined || note.length <= MOST_NOTE_CHARS) return note;
  warn?.(
    `The progress note has ${note.length} characters: the first ${MOST_NOTE_CHARS} are shown.`,
  );
  return `${cut(note, 0, MOST_NOTE_CHARS)} …`;
}
