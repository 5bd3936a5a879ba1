/** R1–R15 hold in random races in time; `npm run races` runs millions of them. */
import { expect, test } from 'vitest';
import { race } from '../test/races/run.ts';

test.each([
  ['users, model, tools and timers', 'here'],
  ['harnesses, tools and timers', 'elsewhere'],
] as const)(
  'in a race of %s, nothing stale is started, nothing is lost, doubled or left open',
  { timeout: 300_000 },
  (_, world) => {
    const { steps, failure } = race({ world, steps: 100_000, seed: 1 });
    expect(failure).toBeUndefined();
    expect(steps).toBeGreaterThanOrEqual(100_000);
  },
);
