/** `npm run fuzz -- --runs N --seed S`: as many runs of every door, on both stores. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openStore } from '../../store/open.ts';
import type { Store } from '../../store/store.ts';
import { startPostgres } from '../kit/postgres.ts';
import { type Door, doors } from './fuzz.ts';

const USAGE = `Usage: npm run fuzz -- [--runs N] [--seed S]

  --runs N  of every door, on each store (1000)
  --seed S  the same seed gives the same input (a random one)`;

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '1000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    help: { type: 'boolean', short: 'h' },
  },
});
if (values.help) {
  console.log(USAGE);
  process.exit(0);
}
const [runs, seed] = [Number(values.runs), Number(values.seed)];
if (!Number.isInteger(runs) || runs < 1 || !Number.isInteger(seed)) {
  console.error(USAGE);
  process.exit(2);
}

const folder = await mkdtemp(join(tmpdir(), 'meanwhile-fuzz-'));
const postgres = await startPostgres();
const stores: Record<string, Store> = {
  pglite: await openStore({ folder, log: console.error }),
  postgres: await openStore({ url: postgres.url, folder: '' }),
};

const done: Record<Door, number> = { http: 0, parser: 0, model: 0, tools: 0, signals: 0 };
let failures = 0;
for (const [name, store] of Object.entries(stores)) {
  for (const door of Object.keys(doors) as Door[]) {
    try {
      done[door] += await doors[door](store, { runs, seed, most_ms: 3_600_000 });
      console.log(`${door} on ${name}: nothing found`);
    } catch (error) {
      failures += 1;
      console.log(`${door} on ${name}: ${(error as Error).message}\n`);
    }
  }
  await store.close();
}
await postgres.stop();
await rm(folder, { recursive: true, force: true });
console.log(JSON.stringify({ fuzz: true, seed, ...done, failures }));
process.exit(failures === 0 ? 0 : 1);
