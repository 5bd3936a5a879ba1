import { setTimeout as sleep } from 'node:timers/promises';
import { signalProcess } from '../tools/process-group.ts';
import { isAlive, type ProcessIdentity } from '../tools/process-identity.ts';

/** Sends SIGTERM, then SIGKILL after `graceMs`. Returns when it is gone; a process that reuses the pid is left alone. */
export async function terminate(identity: ProcessIdentity, graceMs = 10_000): Promise<void> {
  if (!(await isAlive(identity))) return;
  signalProcess(identity.pid, 'SIGTERM');
  for (
    const deadline = performance.now() + graceMs;
    performance.now() < deadline;
    await sleep(25)
  ) {
    if (!(await isAlive(identity))) return;
  }
  if (await isAlive(identity)) signalProcess(identity.pid, 'SIGKILL');
  while (await isAlive(identity)) await sleep(25);
}
