import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { keepSecret, SHORTEST_SECRET } from './secret.ts';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'meanwhile-secret-'));
});
afterEach(() => rm(home, { recursive: true }));

test('the secret is created once for all processes that start together, and only its owner can read it', async () => {
  const [first, ...others] = await Promise.all(Array.from({ length: 10 }, () => keepSecret(home)));
  expect(first!.length).toBeGreaterThanOrEqual(SHORTEST_SECRET);
  expect(new Set(others)).toEqual(new Set([first]));
  expect(await keepSecret(home)).toBe(first);
  expect(await readdir(home)).toEqual(['secret']);
  expect((await stat(join(home, 'secret'))).mode & 0o777).toBe(0o600);
});

test('a file without a valid secret is refused', async () => {
  await writeFile(join(home, 'secret'), '');
  await expect(keepSecret(home)).rejects.toThrow('does not hold a valid secret. Delete it');
  expect(await readFile(join(home, 'secret'), 'utf8')).toBe('');
});
