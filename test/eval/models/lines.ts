/** What the user's lines of the scenarios ask for, by fixed patterns. */

export interface Wishes {
  quotes: string[];
  surveys: string[];
  calledOff: string[];
  sums: [a: number, b: number][];
  /** A story. */
  story: boolean;
  /** Whether a result is there. */
  presses: boolean;
}

/** Reads the unanswered lines, oldest first. A wish that a later line calls off is no longer wanted. */
export function readWishes(lines: readonly string[]): Wishes {
  const wishes: Wishes = {
    quotes: [],
    surveys: [],
    calledOff: [],
    sums: [],
    story: false,
    presses: false,
  };
  for (const line of lines) {
    const off = words(line, /\b(?:cancel the quote for|not|no) (\w+?)(?: either)?(?=[.:,])/gi);
    const rest = line.replaceAll(/\bcancel the quote for \w+/gi, '');
    wishes.calledOff.push(...off);
    wishes.quotes = wishes.quotes.filter((item) => !off.includes(item));
    wishes.quotes.push(...words(rest, /\b(?:quote|one) for (\w+)/gi));
    wishes.surveys.push(...words(line, /\bsurvey the suppliers of (\w+)/gi));
    for (const [, a, b] of line.matchAll(/(\d+) times (\d+)/g)) {
      wishes.sums.push([Number(a), Number(b)]);
    }
    wishes.story = /\ba story\b/.test(line);
    wishes.presses = /\bis it there\b|\breference now\b/i.test(line);
  }
  return wishes;
}

/** The user wants all results of a survey at once. */
export const asksToHold = (line: string) => /\bno offer before all\b/i.test(line);

const words = (line: string, pattern: RegExp) =>
  [...line.matchAll(pattern)].map(([, word]) => word!.toLowerCase());
