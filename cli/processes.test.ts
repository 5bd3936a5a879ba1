import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { terminate } from './processes.ts';
import { identify, isAlive } from '../tools/process-identity.ts';

test('a process keeps its identity as long as it runs', async () => {
  const child = sleeper();
  const identity = await identify(child.pid!);
  expect(await isAlive(identity!)).toBe(true);
  expect(await identify(child.pid!)).toEqual(identity);

  await terminate(identity!);
  expect(await isAlive(identity!)).toBe(false);
  expect(await identify(child.pid!)).toBeUndefined();
});

test('a later process with the same id is another one and is left alone', async () => {
  const child = sleeper();
  const earlier = { ...(await identify(child.pid!))!, began: 'long ago' };
  expect(await isAlive(earlier)).toBe(false);
  await terminate(earlier);
  expect(await identify(child.pid!)).toBeDefined();
  child.kill();
  await once(child, 'exit');
});

test('a process that ignores SIGTERM is killed after the timeout', async () => {
  const child = spawn('sh', ['-c', 'trap "" TERM; echo ready; while :; do sleep 0.05; done'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await once(child.stdout, 'data');
  const exit = once(child, 'exit');
  const identity = await identify(child.pid!);
  await terminate(identity!, 50);
  expect(await exit).toEqual([null, 'SIGKILL']);
});

function sleeper() {
  return spawn('sleep', ['60'], { stdio: 'ignore' });
}
