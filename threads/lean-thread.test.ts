import { mkdtempSync, rmSync } from 'node:fs';
import { enableCompileCache, getCompileCacheDir } from 'node:module';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { leanThread } from './lean-thread.ts';

const folder = mkdtempSync(join(tmpdir(), 'meanwhile-thread-'));
beforeAll(() => enableCompileCache(folder));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** @param code sets `answer` */
async function inThread(code: string): Promise<unknown> {
  const program = `let answer; ${code}; require('node:worker_threads').parentPort.postMessage(answer)`;
  const thread = new Worker(program, { ...leanThread(), eval: true });
  const [answer] = (await once(thread, 'message')) as [unknown];
  await once(thread, 'exit');
  return answer;
}

test('a thread shares the compile cache of the main thread', async () => {
  const own = getCompileCacheDir();
  expect(own).toContain('v' + process.versions.node);
  expect(await inThread(`answer = require('node:module').getCompileCacheDir()`)).toBe(own);
});

test('a thread has the environment of the process', async () => {
  expect(await inThread(`answer = process.env.PATH`)).toBe(process.env['PATH']);
});

test('the young generation of a thread stays small, however much it creates', async () => {
  const size = await inThread(`
    const kept = [];
    for (let nth = 0; nth < 2_000_000; nth += 1) kept[nth % 200_000] = { nth };
    const spaces = require('node:v8').getHeapSpaceStatistics();
    answer = spaces.find((space) => space.space_name === 'new_space').space_size`);
  expect(size).toBeGreaterThan(1e6);
  expect(size).toBeLessThan(10e6);
});
