/** `npm run races -- --steps N --seed S`: random races against the rules, until so many decisions have been made or one is wrong. */
import { parseArgs } from 'node:util';
import { race } from './run.ts';

const { values } = parseArgs({
  options: {
    steps: { type: 'string', default: '2000000' },
    seed: { type: 'string', default: '1' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log('npm run races -- [--steps 2000000] [--seed 1]');
  process.exit(0);
}
const [steps, seed] = [Number(values.steps), Number(values.seed)];
const begin = performance.now();
const rate = (done: number) => Math.round(done / ((performance.now() - begin) / 1_000));

let shown = begin;
const raced = race({ steps, seed }, (done) => {
  if (performance.now() - shown < 5_000) return;
  shown = performance.now();
  console.log(`${done} steps, ${rate(done)} a second`);
});
if (raced.failure) console.log(raced.failure);
const held = raced.failure === undefined;
console.log(
  JSON.stringify({
    races: true,
    seed,
    ...raced,
    failure: undefined,
    held,
    steps_per_s: rate(raced.steps),
  }),
);
process.exitCode = held ? 0 : 1;
