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

/** Of so many faults drawn one after another, so many are of each kind: a short run has them all too. */
export const SHARES: Record<Kind, number> = {
  kill: 8,
  freeze: 4,
  partition: 4,
  operator: 3,
  starve: 1,
};

export const isKind = (word: string): word is Kind => (KINDS as readonly string[]).includes(word);
