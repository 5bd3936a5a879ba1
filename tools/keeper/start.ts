/**
 * Starts keepers. In a burst of calls only a few keepers start at a time, in the order in which they were requested, so that the service
 * has CPU left. Another process spawns them: see starter.js.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { getCompileCacheDir } from 'node:module';
import type { Socket } from 'node:net';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createLanes } from './lanes.ts';
import { claimSpool, spoolMark } from './spool.ts';

/**
 * Resolves when `keeper.json` names the process that may start the program, or says that none may. Gives up after 30 seconds.
 * @param env the whole environment of keeper and program
 * @throws the signal's reason, if it aborts while this start is still queued
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
    const keeper = join(folder, 'keeper.json');
    let asked: ChildProcess | undefined;
    const end = performance.now() + START_MS;
    // Another attempt may write the file first.
    while (!existsSync(keeper)) {
      // A starter that was killed may have lost the order. Two keepers are harmless: only one of them may start the program.
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

/** The starter has a session of its own, so that a Ctrl-C for the service does not reach it in the middle of a start. */
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

const KEEPER = fileURLToPath(new URL('main.js', import.meta.url));
const STARTER = fileURLToPath(new URL('starter.js', import.meta.url));
let starter: ChildProcess | undefined;
const lanes = createLanes(Math.max(1, availableParallelism() - 1));
const POLL_MS = 20;
/** On a busy machine a keeper gets little CPU time. */
const START_MS = 30_000;
