/** Which programs of which calls are stopped, and which are left alone. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createHost } from '../test/kit/spools.ts';
import { identify } from '../tools/process-identity.ts';
import { writeSpool } from '../tools/keeper/spool.ts';
import { createLook } from './stop-ended.ts';

/** Folders of calls, each with a process in its keeper's place, and the calls that are over by now. */
async function stage(names: string[]) {
  const { root } = createHost();
  const over = new Set<string>();
  const inUse = new Set<string>();
  const warned: object[] = [];
  let asked = 0;
  const processes = new Map<string, ReturnType<typeof spawn>>();
  for (const name of names) {
    const keeper = spawn('sleep', ['1000'], { stdio: 'ignore' });
    onTestFinished(() => void keeper.kill('SIGKILL'));
    await once(keeper, 'spawn');
    const folder = join(root, name);
    await mkdir(folder, { recursive: true });
    await writeSpool(folder, 'command.json', {
      label: name,
      argv: ['x'],
      grace_ms: 100,
      max_bytes: 1,
    });
    await writeSpool(folder, 'keeper.json', (await identify(keeper.pid!))!);
    processes.set(name, keeper);
  }
  const look = createLook({
    root,
    isInUse: (name) => inUse.has(name),
    hasEnded: async (tenant, callId) => {
      asked += 1;
      return over.has(`${tenant}/${callId}`);
    },
    warn: (_, facts) => void warned.push(facts),
  });
  return {
    root,
    over,
    inUse,
    warned,
    asked: () => asked,
    look: (now = Date.now()) => look(now),
    runs: (name: string) => processes.get(name)!.signalCode === null,
    ends: (name: string) => once(processes.get(name)!, 'exit'),
    async kill(name: string) {
      const ended = once(processes.get(name)!, 'exit');
      processes.get(name)!.kill('SIGKILL');
      await ended;
    },
  };
}

test('a program whose call is over at two looks is stopped, and one whose call goes on is not', async () => {
  const { look, over, runs, ends, warned } = await stage(['call_a', 'acme~call_a', 'call_b']);
  over.add('acme/call_a');
  await look();
  expect(runs('acme~call_a')).toBe(true);
  const ended = ends('acme~call_a');
  await look();
  await ended;
  expect(warned).toEqual([{ tenant: 'acme', call_id: 'call_a' }]);
  expect([runs('call_a'), runs('call_b')]).toEqual([true, true]);
});

test('a call that a worker of this process runs is not asked about', async () => {
  const { look, over, inUse, runs, asked } = await stage(['call_a']);
  over.add('default/call_a');
  inUse.add('call_a');
  await look();
  await look();
  expect([runs('call_a'), asked()]).toEqual([true, 0]);
});

test('what is not the folder of a call is left alone', async () => {
  const { look, over, runs, asked } = await stage(['host_a']);
  over.add('default/host_a');
  await look();
  await look();
  expect([runs('host_a'), asked()]).toEqual([true, 0]);
});

test('a folder without a process is looked into again once it has changed', async () => {
  const { root, look, kill, asked } = await stage(['call_a']);
  await kill('call_a');
  const later = Date.now() + 3_600_000;
  await look(later);
  await look(later);
  expect(asked()).toBe(0);
  const another = (await identify(process.pid))!;
  await writeSpool(join(root, 'call_a'), 'keeper.json', another);
  await look(later);
  expect(asked()).toBe(1);
});
