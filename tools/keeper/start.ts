/**
 * Starts keepers. A burst of calls is a burst of processes: only a few begin at a time, in the order in which they were asked
 * for, so that the service has room beside them; and another process starts them, see starter.js.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { getCompileCacheDir } from 'node:module';
import type { Socket } from 'node:net';
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
    const compiled = getCompileCacheDir();
    const args = [KEEPER, folder, ...(compiled === undefined ? [] : [dirname(compiled)])];
    const order = `${JSON.stringify({ args, env: { ...env, ...spoolMark(folder) } })}\n`;
    let asked: ChildProcess | undefined;
    const end = performance.now() + START_MS;
    // Another attempt may be faster, or give up.
    while (!(await readSpool(folder, 'keeper.json'))) {
      // A starter that was killed may have taken the order with it. Two keepers are no harm: one of them may start the program.
      if (!asked || isOver(asked)) asked = give(order);
      if (performance.now() < end) await sleep(POLL_MS);
      else await claimSpool(folder, 'keeper.json', { given_up: true });
    }
  }, signal);
}

function give(order: string): ChildProcess {
  if (!starter || isOver(starter)) starter = openStarter();
  starter.stdin!.write(order);
  return starter;
}

/** In a session of its own, so that a Ctrl-C for the service does not meet it in the middle of a start. */
function openStarter(): ChildProcess {
  const opened = spawn(process.execPath, [STARTER], {
    env: {},
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  opened.on('error', () => {}).unref();
  opened.stdin.on('error', () => {});
  (opened.stdin as Socket).unref();
  return opened;
}

const isOver = ({ pid, exitCode, signalCode }: ChildProcess) =>
  pid === undefined || exitCode !== null || signalCode !== null;

const KEEPER = fileURLToPath(new URL('start.js', import.meta.url));
const STARTER = fileURLToPath(new URL('starter.js', import.meta.url));
let starter: ChildProcess | undefined;
const lanes = createLanes(Math.max(2, availableParallelism()));
const POLL_MS = 20;
/** A machine with much to do gives a keeper little time. */
const START_MS = 30_000;
