/** Only the expected event ends a wait: without it, each test would run into its time limit. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { watchFolder } from './changes.ts';

const NEVER_MS = 1e9;
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'changes-'));
  return () => rm(folder, { recursive: true, force: true });
});

function stage(signal = new AbortController().signal) {
  const changes = watchFolder(folder, signal);
  onTestFinished(() => changes.close());
  return changes;
}

test('a change ends the wait, even one that came before the wait began', async () => {
  const changes = stage();
  const waiting = changes.next(NEVER_MS);
  await writeFile(join(folder, 'output'), 'a');
  await waiting;
  await writeFile(join(folder, 'output'), 'b');
  await changes.next(NEVER_MS);
});

test('an abort ends the wait', async () => {
  const cancel = new AbortController();
  const waiting = stage(cancel.signal).next(NEVER_MS);
  cancel.abort();
  await waiting;
});

test('the wait times out if nothing changes or the folder is gone', async () => {
  await stage().next(1);
  await rm(folder, { recursive: true });
  const changes = watchFolder(folder, new AbortController().signal);
  await expect(changes.next(NEVER_MS)).resolves.toBeUndefined();
});
