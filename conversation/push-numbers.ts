/** The numbers of a caller's pushes that have arrived, stored compactly: all up to a mark, and some beyond it. */

export interface PushNumbers {
  /** All numbers from 1 to here have arrived, or are no longer waited for. */
  mark: number;
  /** The numbers beyond the mark that have arrived, ascending. */
  beyond: number[];
}

export const NO_NUMBERS: PushNumbers = { mark: 0, beyond: [] };

export const hasCome = ({ mark, beyond }: PushNumbers, n: number) =>
  n <= mark || beyond.includes(n);

export function addNumber(numbers: PushNumbers, n: number): PushNumbers {
  if (hasCome(numbers, n)) return numbers;
  const place = numbers.beyond.findLastIndex((other) => other < n) + 1;
  const beyond = numbers.beyond.toSpliced(place, 0, n);
  let { mark } = numbers;
  // A service with this many gaps probably numbers in steps: the oldest gaps are given up.
  if (beyond.length > MOST_BEYOND) mark = beyond.shift()!;
  while (beyond[0] === mark + 1) mark = beyond.shift()!;
  return { mark, beyond };
}

/** The first missing numbers below n, at most `MOST_MISSING`. */
export function missingBelow({ mark, beyond }: PushNumbers, n: number): number[] {
  const missing: number[] = [];
  for (let next = mark + 1; next < n && missing.length < MOST_MISSING; next += 1) {
    if (!beyond.includes(next)) missing.push(next);
  }
  return missing;
}

const MOST_BEYOND = 500;
export const MOST_MISSING = 20;
