/**
 * Starts keepers. A burst of calls is a burst of processes: only a few begin at a time, in the order in which they were asked
 * for, so that the service has room beside them.
 */
import { spawn } from 'node:child_process';
import { getCompileCacheDir } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createLanes } from './lanes.ts';
import { claimSpool, readSpool, spoolMark } from './spool.ts';

/**
 * Resolves when `keeper.json` says who may start the program, or that nobody may.
 * @param env all that keeper and program see
 * @throws the signal's reason, if it aborts before it is this one's turn
 */
export function startKeeper(
  folder: string,
  env: Record<string, string | undefined>,
  signal: AbortSignal,
): Promise<void> {
  return lanes(async () => {
    signal.throwIfAborted();
    // Another attempt may have been faster, or have given up.
    if (await readSpool(folder, 'keeper.json')) return;
    const compiled = getCompileCacheDir();
    const args = [KEEPER, folder, ...(compiled === undefined ? [] : [dirname(compiled)])];
    spawn(process.execPath, args, {
      env: { ...env, ...spoolMark(folder) },
      stdio: 'ignore',
      detached: true,
    })
      .on('error', () => {})
      .unref();
    const end = performance.now() + START_MS;
    while (!(await readSpool(folder, 'keeper.json'))) {
      if (performance.now() < end) await sleep(POLL_MS);
      else await claimSpool(folder, 'keeper.json', { given_up: true });
    }
  });
}

const KEEPER = fileURLToPath(new URL('start.js', import.meta.url));
const lanes = createLanes(2 * availableParallelism());
const POLL_MS = 20;
/** A machine with much to do gives a keeper little time. */
const START_MS = 30_000;
