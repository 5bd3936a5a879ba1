/** When progress of a call is reported to the model (R7): the words in which the model asks for it, and what they mean. */
export type Report =
  | { type: 'percent'; every: number }
  | { type: 'time'; every_ms: number }
  /** No progress at all: only the end of the call is told. */
  | { type: 'end' }
  | { type: 'everything' };

/** The default for a tool that declares nothing else. */
export const DEFAULT_REPORT = 'every 25 percent';

/**
 * Reads "every 25 percent", "update every 10%", "every minute", "only the end", "everything" and similar phrases.
 * Undefined for any other text, and for steps below one percent or one second.
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

/** The report that the model asked for, else the one that the tool declares, else the default. Texts that cannot be read are skipped. */
export function reportOf(asked: string | undefined, declared: string | undefined): Report {
  const readable = [asked, declared].map((text) => text && parseReport(text)).find(Boolean);
  return readable || parseReport(DEFAULT_REPORT)!;
}

/** Enough for a model's sentence; the patterns below need not handle longer texts. */
const LONGEST = 200;
const POLITE =
  /^(please )?((report|update|updates|notify|tell|inform)( me)?|progress)?( (progress|updates))? ?(?=\S)/;
const END =
  /^(only )?(at |when |once )?(it is |it's )?(the )?(end|end only|final result|result|done|finished|complete|completed)$/;
const EVERYTHING = /^(all|everything|always|(every|each|all) (events?|steps?|updates?|changes?))$/;
const STEP =
  /^(every|each) ?(?<amount>\d+(\.\d+)?)? ?(?<unit>%|percent|pct|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?)$/;

function readStep({
  amount = '1',
  unit = '',
}: Record<string, string | undefined>): Report | undefined {
  const step = Number(amount);
  const milliseconds = { s: 1_000, m: 60_000, h: 3_600_000 }[unit.charAt(0)];
  if (milliseconds === undefined) {
    return step >= 1 && step <= 100 ? { type: 'percent', every: step } : undefined;
  }
  const every_ms = step * milliseconds;
  return every_ms >= 1_000 && Number.isFinite(every_ms) ? { type: 'time', every_ms } : undefined;
}
