/** R1–R15 hold in random races in time; `npm run races` runs millions of them. */
import { expect, test } from 'vitest';
import { race } from '../test/races/run.ts';

test(
  'in a race of users, model, tools and timers, nothing stale is started, nothing is lost, doubled or left open',
  { timeout: 300_000 },
  () => {
    const { steps, failure } = race({ steps: 100_000, seed: 1 });
    expect(failure).toBeUndefined();
    expect(steps).toBeGreaterThanOrEqual(100_000);
  },
);
