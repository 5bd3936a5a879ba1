import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive, type ProcessIdentity } from './process-identity.ts';

/**
 * Sends SIGTERM to every process of the group, and SIGKILL to what is left after `grace_ms`. Resolves when none is left. POSIX
 * only.
 * @param leader process id of the group's leader
 */
export async function endGroup(leader: number, grace_ms: number): Promise<void> {
  if (!signalGroup(leader, 'SIGTERM')) return;
  if (await isGone(leader, grace_ms)) return;
  signalGroup(leader, 'SIGKILL');
  // Bounded: without a process that reaps orphans, dead processes stay in the group.
  await isGone(leader, REAP_MS);
}

/** Ends single processes in the same way. Processes that have already ended are skipped. */
export async function endAll(processes: ProcessIdentity[], grace_ms: number): Promise<void> {
  const signals = [
    ['SIGTERM', grace_ms],
    ['SIGKILL', REAP_MS],
  ] as const;
  for (const [signal, within_ms] of signals) {
    const alive = await filterAlive(processes);
    for (const { pid } of alive) signalProcess(pid, signal);
    const end = performance.now() + within_ms;
    while (performance.now() < end && (await filterAlive(alive)).length > 0) {
      await sleep(LOOK_EVERY_MS);
    }
  }
}

async function filterAlive(processes: ProcessIdentity[]): Promise<ProcessIdentity[]> {
  const alive = await Promise.all(processes.map(isAlive));
  return processes.filter((_, index) => alive[index]);
}

/** Sends a signal, and does nothing if the process has ended: it may end between a check and the signal. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

const REAP_MS = 2_000;
const LOOK_EVERY_MS = 20;

async function isGone(leader: number, within_ms: number): Promise<boolean> {
  const end = performance.now() + within_ms;
  while (signalGroup(leader, 0)) {
    if (performance.now() >= end) return false;
    await sleep(LOOK_EVERY_MS);
  }
  return true;
}

/** False when nothing is left in the group that could be signalled. */
function signalGroup(leader: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-leader, signal);
  } catch (error) {
    // EPERM: what is left is not ours, or on macOS already dead.
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ESRCH' || code === 'EPERM') return false;
    throw error;
  }
}
