/** The value below which `p` percent of the samples lie, rounded to 0.1. */
export function percentile(samples: number[], p: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const value = sorted[Math.min(sorted.length - 1, Math.floor((p / 100) * sorted.length))];
  if (value === undefined) throw new Error('There are no samples.');
  return Math.round(value * 10) / 10;
}

/** Rounded to 0.01. */
export const ratio = (a: number, b: number) => Math.round((a / b) * 100) / 100;
