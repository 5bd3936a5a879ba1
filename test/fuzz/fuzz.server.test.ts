import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStore } from '../../store/open.ts';
import type { Store } from '../../store/store.ts';
import { startPostgres, type TestPostgres } from '../kit/postgres.ts';
import { doors } from './fuzz.ts';

const seed = Math.floor(Math.random() * 2 ** 31);
console.log(`Every door is tried with seed ${seed}: npm run fuzz -- --seed ${seed}`);

let folder: string;
let postgres: TestPostgres;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'meanwhile-fuzz-'));
  postgres = await startPostgres();
});
afterAll(async () => {
  await postgres.stop();
  await rm(folder, { recursive: true, force: true });
});

const stores: [string, () => Promise<Store>][] = [
  ['PGlite', () => openStore({ folder })],
  ['PostgreSQL', () => openStore({ url: postgres.url, folder: '' })],
];

describe.each(stores)('on %s', (_, open) => {
  let store: Store;
  beforeAll(async () => {
    store = await open();
  });
  afterAll(() => store.close());

  test.each([
    ['http', 300, 10_000],
    ['parser', 100, 3_000],
    ['model', 80, 8_000],
    ['tools', 100, 6_000],
    ['signals', 200, 5_000],
  ] as const)(
    '%s takes nothing that harms, and loses nothing it takes',
    async (door, runs, most_ms) => {
      expect(await doors[door](store, { runs, seed, most_ms })).toBeGreaterThan(0);
    },
  );
});
