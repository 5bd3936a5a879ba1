/** A real full disk: a small file system, which only root may mount. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { attach, stopKept } from './attach.ts';
import { environment } from './environment.ts';
import { identify } from '../process-identity.ts';
import { readSpool } from './spool.ts';

let disk: string;
let isMounted = false;
beforeEach(async () => {
  disk = await mkdtemp(join(tmpdir(), 'full-'));
  isMounted = mount(disk);
});
afterEach(async () => {
  if (isMounted) {
    await stopKept(disk).catch(() => {});
    execFileSync('umount', ['--lazy', disk]);
  }
  await rm(disk, { recursive: true, force: true });
});

test('a program that fills the disk is stopped, its call says why, and its output until then can be read', async (context) => {
  if (!isMounted) return context.skip('Nobody but root may mount a file system.');
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

function mount(folder: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
