/** A real full disk: a small file system, which only root may mount. */
import { readdir } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { mountSmallDisk, type SmallDisk } from '../../test/kit/small-disk.ts';
import { attach, stopKept } from './attach.ts';
import { environment } from './environment.ts';
import { identify } from '../process-identity.ts';
import { readSpool } from './spool.ts';

let mounted: SmallDisk | undefined;
beforeEach(async () => {
  mounted = await mountSmallDisk('512k');
});
afterEach(async () => {
  if (!mounted) return;
  await stopKept(mounted.folder).catch(() => {});
  await mounted.remove();
});

test('a program that fills the disk is stopped, its call says why, and its output until then can be read', async (context) => {
  if (!mounted) return context.skip('Nobody but root may mount a file system.');
  const disk = mounted.folder;
  const pours = `
    const { writeSync } = require('node:fs');
    for (let i = 0; i < 200_000; i++) writeSync(1, 'line ' + i + ' ' + 'x'.repeat(100) + '\\n');
    setInterval(() => {}, 1e6);
  `;
  const command = {
    label: 'a test',
    argv: [process.execPath, '-e', pours],
    grace_ms: 100,
    max_bytes: 100_000_000,
  } as const;
  const kept = await attach(disk, command, environment([]), new AbortController().signal);
  const lines: string[] = [];
  for await (const { text } of kept.lines) lines.push(text.split(' ', 2).join(' '));
  expect(lines.length).toBeGreaterThan(100);
  expect(lines).toEqual(lines.map((_, i) => `line ${i}`));
  expect(await kept.ended()).toMatchObject({
    type: 'failed',
    error: 'DiskFull',
    message: expect.stringContaining('ENOSPC'),
  });
  const { pid } = (await readSpool(disk, 'program.json'))!;
  await expect.poll(() => identify(pid), { timeout: 10_000 }).toBeUndefined();
  expect(await readdir(disk)).not.toContain('reserve');
});
