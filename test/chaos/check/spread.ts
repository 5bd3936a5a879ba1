import type { Evidence } from '../evidence.ts';
import type { CheckReport, Spread } from './report.ts';
import type { Trace } from './trace.ts';

/** From a fault until what it held up goes on, per kind and target and for all. */
export function recoveryOf({ recoveries }: Evidence): CheckReport['recovery'] {
  const targets = Map.groupBy(recoveries, ({ after }) => after);
  const spread = (samples: Evidence['recoveries']) => spreadOf(samples.map(({ ms }) => ms));
  return {
    all: spread(recoveries),
    after: Object.fromEntries([...targets].map(([target, own]) => [target, spread(own)])),
  };
}

/** How long what a program did waits until the log goes on with its call. What comes after the end waits for nothing. */
export function outputWaits({ ledger }: Evidence, traces: Trace[]): Spread {
  const calls = new Map(traces.flatMap(({ calls }) => [...calls]));
  const waits = ledger.flatMap(({ call_id, at }) => {
    const own = calls.get(call_id);
    const next = [...(own?.events ?? []), ...(own?.ends ?? [])].find((e) => Date.parse(e.at) >= at);
    return next ? [Date.parse(next.at) - at] : [];
  });
  return spreadOf(waits);
}

/** Nearest rank: always one of the samples. */
export function spreadOf(samples: number[]): Spread {
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (p: number) => sorted[Math.max(0, Math.ceil((p / 100) * sorted.length) - 1)];
  return { samples: sorted.length, p50: at(50), p95: at(95) };
}
