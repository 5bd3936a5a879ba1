/** All scenarios, in the order in which they are shown. */
import { cancel } from './cancel.ts';
import { changedTwice } from './changed-twice.ts';
import { interruption } from './interruption.ts';
import { lateResults } from './late-results.ts';
import { neverComes } from './never-comes.ts';
import type { Scenario } from './scenario.ts';
import { severalResults } from './several-results.ts';
import { similarCalls } from './similar-calls.ts';
import { waitForAll } from './wait-for-all.ts';

export const SCENARIOS: Scenario[] = [
  lateResults,
  severalResults,
  waitForAll,
  interruption,
  cancel,
  changedTwice,
  similarCalls,
  neverComes,
];
