/** All faults there are, and how often each kind is drawn. */
import { KINDS, type Kind } from '../evidence.ts';
import type { Fault } from './fault.ts';
import { freezes } from './freeze.ts';
import { kills } from './kill.ts';
import { operations } from './operate.ts';
import { partitions } from './partition.ts';
import { starvations } from './starve.ts';

export const FAULTS: readonly Fault[] = [
  ...kills,
  ...freezes,
  ...partitions,
  ...operations,
  ...starvations,
];

/** How many faults of each kind are in one round of draws: even a short run has every kind. */
export const SHARES: Record<Kind, number> = {
  kill: 8,
  freeze: 4,
  partition: 4,
  operator: 3,
  starve: 1,
};

export const isKind = (word: string): word is Kind => (KINDS as readonly string[]).includes(word);

/** Kinds without a fault that is done to one of these targets; and targets to which none is done. */
export function withoutFault(kinds: readonly Kind[], targets: readonly string[]): string[] {
  const own = FAULTS.filter(({ kind }) => kinds.includes(kind));
  return [
    ...targets.filter((target) => !own.some(({ name }) => name === target)),
    ...kinds.filter((kind) => !own.some((one) => one.kind === kind && targets.includes(one.name))),
  ];
}
