/** When the model wants to hear of a call's progress (R7): what it wrote, and what that means for each step. */
import { z } from 'zod';
import type { Tool } from './define.ts';

export const report = z.discriminatedUnion('type', [
  z.object({ type: z.literal('percent'), every: z.number().min(1).max(100) }),
  z.object({ type: z.literal('time'), every_ms: z.number().min(1_000) }),
  /** No progress at all: the end of the call says it. */
  z.object({ type: z.literal('end') }),
  z.object({ type: z.literal('everything') }),
]);

export type Report = z.infer<typeof report>;

/** What a tool that says nothing else gets. */
export const DEFAULT_REPORT = 'every 25 percent';

/**
 * Reads "every 25 percent", "update every 10%", "every minute", "only the end", "everything" and the like.
 * Undefined: it means none of them, or steps below one percent or one second.
 */
export function parseReport(text: string): Report | undefined {
  if (text.length > LONGEST) return undefined;
  const words = text
    .toLowerCase()
    .replace(/\s+/g, ' ')
    .replace(/[\s.!]+$/, '')
    .trim()
    .replace(POLITE, '');
  if (END.test(words)) return { type: 'end' };
  if (EVERYTHING.test(words)) return { type: 'everything' };
  const step = STEP.exec(words)?.groups;
  return step && readStep(step);
}

/** True: the tool says how far it is, and takes `report` from the model. */
export function yieldsProgress({ progress, run }: Pick<Tool, 'progress' | 'run'>): boolean {
  return progress ?? Object.prototype.toString.call(run) === '[object AsyncGeneratorFunction]';
}

/** A model's sentence; the patterns below need not cope with more. */
const LONGEST = 200;
const POLITE =
  /^(please )?((report|update|updates|notify|tell|inform)( me)?|progress)?( (progress|updates))? ?(?=\S)/;
const END =
  /^(only )?(at |when |once )?(it is |it's )?(the )?(end|end only|final result|result|done|finished|complete|completed)$/;
const EVERYTHING = /^(all|everything|always|(every|each|all) (events?|steps?|updates?|changes?))$/;
const STEP =
  /^(every|each) ?(?<amount>\d+(\.\d+)?)? ?(?<unit>%|percent|pct|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?)$/;

function readStep({ amount = '1', unit = '' }: Record<string, string | undefined>) {
  const milliseconds = { s: 1_000, m: 60_000, h: 3_600_000 }[unit.charAt(0)];
  const read = report.safeParse(
    milliseconds === undefined
      ? { type: 'percent', every: Number(amount) }
      : { type: 'time', every_ms: Number(amount) * milliseconds },
  );
  return read.data;
}
