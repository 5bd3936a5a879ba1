import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { attach, type KeptProgram, stopKept } from './attach.ts';
import { environment } from './environment.ts';
import { isAlive } from '../process-identity.ts';
import type { SpoolLine } from './read-output.ts';
import { readSpool } from './spool.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spool-'));
});
afterEach(async () => {
  await stopKept(folder);
  await rm(folder, { recursive: true });
});

const endless = 'console.log("up"); setInterval(() => {}, 1e6)';
const run = (
  script: string,
  signal = new AbortController().signal,
  max_bytes = 10_000_000,
  at = folder,
) => {
  const command = {
    label: 'a test',
    argv: [process.execPath, '-e', script],
    grace_ms: 100,
    max_bytes,
  } as const;
  return attach(at, command, environment([]), signal);
};
async function linesOf({ lines }: KeptProgram): Promise<SpoolLine[]> {
  const read: SpoolLine[] = [];
  for await (const line of lines) read.push(line);
  return read;
}
const programOf = async () => (await readSpool(folder, 'program.json'))!;

test('two concurrent attempts start one program and read the same output', async () => {
  const both = await Promise.all([
    run('console.log(process.pid)'),
    run('console.log(process.pid)'),
  ]);
  const [one, other] = await Promise.all(both.map(linesOf));
  expect(one).toHaveLength(1);
  expect(other).toEqual(one);
});

test('a later reader finds the same program after the first one left', async () => {
  const leaving = new AbortController();
  const first = await run(endless, leaving.signal);
  expect((await first.lines.next()).value).toMatchObject({ text: 'up' });
  const program = await programOf();
  leaving.abort();
  expect((await first.lines.next()).done).toBe(true);
  const second = await run(endless);
  expect((await second.lines.next()).value).toMatchObject({ text: 'up' });
  expect([await programOf(), await isAlive(program)]).toEqual([program, true]);
});

test('a program whose keeper was killed is stopped and reported as lost', async () => {
  const kept = await run(endless);
  await kept.lines.next();
  const keeper = (await readSpool(folder, 'keeper.json')) as { pid: number };
  const program = await programOf();
  process.kill(keeper.pid, 'SIGKILL');
  await expect(linesOf(kept)).rejects.toMatchObject({ name: 'KeeperLost' });
  expect(await isAlive(program)).toBe(false);
});

test.runIf(process.platform === 'linux')(
  'a starter of keepers that was killed is replaced, and its death costs no program',
  async () => {
    const first = await run(endless);
    await first.lines.next();
    const program = await programOf();
    const starters = await startersOfThis();
    expect(starters).toHaveLength(1);
    process.kill(starters[0]!, 'SIGKILL');
    const other = await mkdtemp(join(tmpdir(), 'spool-'));
    onTestFinished(() => rm(other, { recursive: true }));
    const second = await run('console.log("up")', undefined, undefined, other);
    expect((await linesOf(second)).map(({ text }) => text)).toEqual(['up']);
    expect(await isAlive(program)).toBe(true);
  },
);

async function startersOfThis(): Promise<number[]> {
  const found = (await readdir('/proc')).map(async (pid) => {
    const read = (file: string) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
    const isOurs = (await read('status')).includes(`PPid:\t${process.pid}\n`);
    return isOurs && (await read('cmdline')).includes('starter.js') ? [Number(pid)] : [];
  });
  return (await Promise.all(found)).flat();
}

test('a process with the same id but another start time is not taken for the program', async () => {
  const { pid, boot } = (await (await import('../process-identity.ts')).identify(process.pid))!;
  expect(await isAlive({ pid, boot, began: '1' })).toBe(false);
  expect(await isAlive({ pid, boot: 'another', began: '1' })).toBe(false);
});

test('the beginning and the end of a too large output are kept', async () => {
  const kept = await run(
    'for (let i = 0; i < 50000; i++) console.log("line " + i)',
    undefined,
    16_000,
  );
  const lines = (await linesOf(kept)).map(({ text }) => text);
  expect([lines[0], lines.at(-1)]).toEqual(['line 0', 'line 49999']);
});

test.runIf(process.platform === 'linux')(
  'keeper and program see nothing of the service',
  async () => {
    process.env.MEANWHILE_SECRET = 'hidden';
    const kept = await run(endless);
    await kept.lines.next();
    delete process.env.MEANWHILE_SECRET;
    const keeper = (await readSpool(folder, 'keeper.json')) as { pid: number };
    for (const { pid } of [keeper, await programOf()]) {
      const seen = await readFile(`/proc/${pid}/environ`, 'utf8');
      expect(seen).toContain('PATH=');
      expect(seen).not.toContain('hidden');
    }
  },
);
