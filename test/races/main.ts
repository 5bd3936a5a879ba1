/**
 * `npm run races -- --steps N --seed S [--world W]`: random races against the rules, on every core, until that number of decisions has been made or one
 * is wrong. Ends with a line of JSON; status 1 if a rule was broken, with the smallest story that breaks it.
 */
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { isWorld, type Raced, WORLDS } from './run.ts';

/** Between the seeds of two threads: more than a thread uses. */
const APART = 1_000_000;

const { values } = parseArgs({
  options: {
    steps: { type: 'string', default: '2000000' },
    seed: { type: 'string', default: '1' },
    threads: { type: 'string', default: String(availableParallelism()) },
    world: { type: 'string', default: 'here' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(
    'npm run races -- [--steps 2000000] [--seed 1] [--world here|elsewhere] [--threads (one for each core)]',
  );
  process.exit(0);
}
const { world } = values;
if (!isWorld(world)) {
  console.error(`Unknown world "${world}". It is ${WORLDS.join(' or ')}.`);
  process.exit(2);
}
const [steps, seed, threads] = [values.steps, values.seed, values.threads].map(Number) as [
  number,
  number,
  number,
];
const begin = performance.now();
const done = new Map<number, number>();
const rate = (made: number) => Math.round(made / ((performance.now() - begin) / 1_000));
const made = () => [...done.values()].reduce((sum, each) => sum + each, 0);
const report = setInterval(() => console.log(`${made()} steps, ${rate(made())} a second`), 5_000);

const all = await Promise.all(
  Array.from({ length: threads }, (_, nth) => raceOn(nth, Math.ceil(steps / threads))),
);
clearInterval(report);
const failures = all.flatMap(({ failure }) => failure ?? []);
for (const failure of failures) console.log(failure);
const sum = (what: 'steps' | 'stories') => all.reduce((total, raced) => total + raced[what], 0);
const held = failures.length === 0;
const figures = { steps: sum('steps'), stories: sum('stories'), steps_per_s: rate(sum('steps')) };
console.log(JSON.stringify({ races: true, world, seed, threads, ...figures, held }));
process.exitCode = held ? 0 : 1;

async function raceOn(nth: number, share: number): Promise<Raced> {
  const workerData = { world, steps: share, seed: seed + nth * APART };
  const thread = new Worker(new URL('thread.ts', import.meta.url), { workerData });
  for (;;) {
    const [message] = (await once(thread, 'message')) as [{ steps: number } | { raced: Raced }];
    if ('raced' in message) return message.raced;
    done.set(nth, message.steps);
  }
}
