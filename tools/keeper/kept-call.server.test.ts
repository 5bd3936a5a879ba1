/** A command tool's call over several attempts, as after workers that were killed. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { z } from 'zod';
import { callContext } from '../../test/kit/call-context.ts';
import { createClaims, createHost } from '../../test/kit/spools.ts';
import { type CommandTool, defineCommandTool } from '../command.ts';
import { literal } from '../command-template.ts';
import type { CallContext, CallYield } from '../define.ts';
import { stopAllKept } from './attempts.ts';
import { bootId, identify, isAlive, markedWith } from '../process-identity.ts';
import { runningIn } from './running.ts';
import { readSpool, spoolMark, writeSpool } from './spool.ts';
import { HeldElsewhere } from './spools.ts';

const conversation = { tenant: 'default', id: 'c' };

/** Counts its starts in a file, prints a number a line, and waits for a file before it continues. */
const PROGRAM = `
  const { appendFileSync, existsSync } = require('node:fs');
  const folder = process.argv[1];
  appendFileSync(folder + '/starts', process.pid + '\\n');
  for (let i = 1; i <= 3; i++) console.log(i + ' begun');
  const wait = setInterval(() => {
    if (!existsSync(folder + '/go')) return;
    clearInterval(wait);
    for (let i = 4; i <= 6; i++) console.log(i + ' begun');
  }, 20);
`;

async function stage(more: Partial<CommandTool<{ folder: z.ZodString }>> = {}, script = PROGRAM) {
  const host = createHost();
  const folder = await host.open(conversation, 'call_1');
  onTestFinished(() => stopAllKept(folder).catch(() => {}));
  const tool = defineCommandTool({
    name: 'counted',
    description: 'Counts.',
    input: z.object({ folder: z.string() }),
    command: [literal(process.execPath), '-e', literal(script), '--', '{folder}'],
    progress: (line) => ({ percent: Number(line.split(' ')[0]), note: line }),
    result: ({ output }) => output.split('\n').length,
    grace_ms: 100,
    ...more,
  });
  const attempt = (context: Partial<CallContext> = {}) =>
    tool.run(
      { folder },
      callContext({ folder: () => host.open(conversation, 'call_1'), ...context }),
    ) as AsyncGenerator<CallYield, unknown, void>;
  const starts = async () => (await readFile(join(folder, 'starts'), 'utf8')).trim().split('\n');
  return { host, folder, attempt, starts, go: () => writeFile(join(folder, 'go'), '') };
}

/** The keeper records it as soon as it can, which may be after the program's first output. */
const programIn = (folder: string) =>
  vi.waitFor(
    async () => {
      const program = await readSpool(folder, 'program.json');
      expect(program).toBeDefined();
      return program!;
    },
    { timeout: 20_000 },
  );

type Progress = Extract<CallYield, { type: 'progress' }>;
const percentOf = ({ value }: IteratorResult<CallYield, unknown>) => (value as Progress).percent;

/** Acts as a worker that is killed: reads this number of steps and then stops. */
async function readAndDie(attempt: AsyncGenerator<CallYield>, steps: number) {
  const read: Progress[] = [];
  for (let i = 0; i < steps; i++) read.push((await attempt.next()).value as Progress);
  return read;
}

async function finish(attempt: AsyncGenerator<CallYield, unknown, void>) {
  const percents: number[] = [];
  for (;;) {
    const next = await attempt.next();
    if (next.done) return { percents, result: next.value };
    percents.push(percentOf(next));
  }
}

test('the next attempt finds the running program and reads each line once', async () => {
  const { attempt, starts, go } = await stage();
  const read = await readAndDie(attempt(), 2);
  expect(read.map(({ percent }) => percent)).toEqual([1, 2]);
  await go();
  const { checkpoint } = read.at(-1)!;
  expect(await finish(attempt({ checkpoint }))).toEqual({ percents: [3, 4, 5, 6], result: 6 });
  expect(await starts()).toHaveLength(1);
});

test('an attempt after the end of the program reads the rest of its output', async () => {
  const { attempt, starts, go, folder } = await stage();
  await readAndDie(attempt(), 1);
  await go();
  await expect.poll(() => readSpool(folder, 'exit.json'), { timeout: 20_000 }).toBeDefined();
  expect(await finish(attempt())).toEqual({ percents: [1, 2, 3, 4, 5, 6], result: 6 });
  expect(await starts()).toHaveLength(1);
});

test('a worker that hands over leaves the program running; one that is cancelled does not', async () => {
  const { attempt, folder } = await stage();
  const shutdown = new AbortController();
  const handing = attempt({ signal: shutdown.signal, handsOver: true });
  await handing.next();
  const program = await programIn(folder);
  shutdown.abort(new Error('shut down'));
  await expect(finish(handing)).rejects.toThrow('shut down');
  expect(await isAlive(program)).toBe(true);

  const cancel = new AbortController();
  const cancelled = attempt({ signal: cancel.signal });
  await cancelled.next();
  cancel.abort(new Error('cancelled'));
  await expect(finish(cancelled)).rejects.toThrow('cancelled');
  expect(await isAlive(program)).toBe(false);
});

test('`resume` stops the old program and starts it again', async () => {
  const { host, attempt, starts, go } = await stage({ restart: 'resume' });
  await readAndDie(attempt(), 1);
  const [first] = await starts();
  const again = attempt();
  expect(percentOf(await again.next())).toBe(1);
  expect(await identify(Number(first))).toBeUndefined();
  expect(await runningIn(host.root)).toEqual(['counted (call_1)']);
  await go();
  expect((await finish(again)).percents).toEqual([2, 3, 4, 5, 6]);
  expect(await starts()).toHaveLength(2);
});

test('stopping ends a program that ignores SIGTERM, and a child in a group of its own', async () => {
  const stubborn = `
    const { spawn } = require('node:child_process');
    const child = spawn(process.execPath, ['-e', 'process.on("SIGTERM", () => {}); console.log(2); setInterval(() => {}, 1e6)'],
      { detached: true, stdio: ['ignore', 'inherit', 'inherit'] });
    process.on('SIGTERM', () => {});
    console.log(1);
    setInterval(() => {}, 1e6);
  `;
  const { attempt, folder } = await stage({}, stubborn);
  await readAndDie(attempt(), 2);
  expect(await markedWith(spoolMark(folder))).toHaveLength(3);
  await stopAllKept(folder);
  expect(await markedWith(spoolMark(folder))).toEqual([]);
});

test('a frozen keeper is stopped with its program', async () => {
  const { attempt, folder } = await stage({ grace_ms: 10 });
  await readAndDie(attempt(), 1);
  const keeper = (await readSpool(folder, 'keeper.json')) as { pid: number };
  process.kill(keeper.pid, 'SIGSTOP');
  await stopAllKept(folder);
  expect(await markedWith(spoolMark(folder))).toEqual([]);
});

test('a call that is stopped before its start never starts', async () => {
  const { attempt, folder } = await stage();
  await stopAllKept(folder);
  await expect(finish(attempt())).rejects.toMatchObject({ name: 'KeeperLost' });
  await expect(readFile(join(folder, 'starts'))).rejects.toThrow('ENOENT');
});

test('the failure of a killed program names the signal', async () => {
  const { attempt, folder } = await stage();
  const running = attempt();
  await running.next();
  process.kill((await programIn(folder)).pid, 'SIGKILL');
  await expect(finish(running)).rejects.toThrow(/was ended by SIGKILL/);
});

test('after a restart of the machine the call says so, and another process with the same id is left alone', async () => {
  const { attempt, folder } = await stage();
  await readAndDie(attempt(), 1);
  await stopAllKept(folder);
  await rm(join(folder, 'exit.json'));
  // This process stands for the other one.
  const stranger = { pid: process.pid, began: '1', boot: 'the boot before' };
  await writeSpool(folder, 'keeper.json', stranger);
  await writeSpool(folder, 'program.json', stranger);
  await expect(finish(attempt())).rejects.toMatchObject({ name: 'HostRestarted' });
  await writeSpool(folder, 'keeper.json', { ...stranger, boot: await bootId() });
  await writeSpool(folder, 'program.json', { ...stranger, boot: await bootId() });
  await expect(finish(attempt())).rejects.toMatchObject({ name: 'KeeperLost' });
});

test('a call whose folder was removed is not started again', async () => {
  const { attempt, host } = await stage();
  await readAndDie(attempt(), 1);
  await stopAllKept(await host.open(conversation, 'call_1'));
  await rm(join(host.root, 'call_1'), { recursive: true });
  await expect(finish(attempt())).rejects.toMatchObject({ name: 'SpoolLost' });
  await expect(finish(attempt())).rejects.toMatchObject({ name: 'SpoolLost' });
});

test('a call of another host is not started here', async () => {
  const claims = createClaims();
  const [one, other] = [createHost(claims), createHost(claims)];
  const folder = await one.open(conversation, 'call_1');
  await expect(other.open(conversation, 'call_1')).rejects.toBeInstanceOf(HeldElsewhere);
  expect(await one.open(conversation, 'call_1')).toBe(folder);
});

test('an attempt that was killed between creating the folder and claiming it does not block the next one', async () => {
  const claims = createClaims();
  let dies = true;
  const host = createHost(async (...call) => {
    if (dies) throw new Error('The worker dies here.');
    return claims(...call);
  });
  await expect(host.open(conversation, 'call_1')).rejects.toThrow('dies here');
  dies = false;
  await expect(host.open(conversation, 'call_1')).resolves.toContain('call_1');
});
