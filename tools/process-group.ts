import { setTimeout as sleep } from 'node:timers/promises';

/**
 * SIGTERM to every process of the group, SIGKILL to what is left after `grace_ms`. Resolves when none is left. POSIX only.
 * @param leader process id of the group's leader
 */
export async function endGroup(leader: number, grace_ms: number): Promise<void> {
  if (!signalGroup(leader, 'SIGTERM')) return;
  if (await isGone(leader, grace_ms)) return;
  signalGroup(leader, 'SIGKILL');
  // Bounded: where nobody reaps orphans, the dead stay in the group.
  await isGone(leader, REAP_MS);
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

/** False: nothing is left in the group that could be signalled. */
function signalGroup(leader: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-leader, signal);
  } catch (error) {
    // EPERM: what is left is not ours, or on macOS dead already.
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ESRCH' || code === 'EPERM') return false;
    throw error;
  }
}
