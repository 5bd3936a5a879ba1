/** The service's side of a kept program: starts its keeper once, reads its output, and stops it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { endAll, endGroup, signalProcess } from '../process-group.ts';
import { watchFolder } from './changes.ts';
import { bootId, isAlive, markedWith, type ProcessIdentity } from '../process-identity.ts';
import { ProgramLost, spoolLost } from './lost.ts';
import { createOutputReader, type SpoolLine } from './read-output.ts';
import {
  claimSpool,
  type ProgramExit,
  readSpool,
  type SpoolFiles,
  spoolMark,
  writeSpool,
} from './spool.ts';
import { startKeeper } from './start.ts';

export interface KeptProgram {
  /** The program's output from the beginning of what is kept. Ends when the program has ended, or the signal aborts. */
  lines: AsyncGenerator<SpoolLine, void, void>;
  /**
   * How the program ended. Call once the lines have ended.
   * @throws ProgramLost
   */
  ended(): Promise<ProgramExit>;
}

/**
 * Starts a program under a keeper, or continues to read one that was started before.
 * @param folder the call's spool. The program is started at most once in it, however often this is called
 * @param environment the whole environment of keeper and program
 * @throws ProgramLost; the signal's reason, if it aborts before the keeper has started
 */
export async function attach(
  folder: string,
  command: SpoolFiles['command.json'],
  environment: Record<string, string | undefined>,
  signal: AbortSignal,
): Promise<KeptProgram> {
  await claimSpool(folder, 'command.json', command);
  const known = await readSpool(folder, 'keeper.json');
  if (!known) await startKeeper(folder, environment, signal);
  const keeper = known ?? (await readSpool(folder, 'keeper.json').catch(throwLost)) ?? throwLost();
  const reader = createOutputReader(folder);
  async function* lines() {
    const changes = watchFolder(folder, signal);
    try {
      for (let asked = -Infinity; !signal.aborted;) {
        // A killed keeper changes nothing in the folder.
        const isDue = performance.now() - asked >= ALIVE_MS;
        if (isDue) asked = performance.now();
        const exit = isDue || hasExit(folder) ? await exitOf(folder, keeper) : undefined;
        yield* await reader.read().catch(throwLost);
        if (exit && reader.position() >= exit.bytes) return;
        await changes.next(ALIVE_MS);
      }
    } finally {
      changes.close();
    }
  }
  return { lines: lines(), ended: async () => (await exitOf(folder, keeper)) ?? throwLost() };
}

/**
 * Stops the program in the spool, or prevents its start. Resolves when none of its processes runs.
 * @returns how many processes it stopped that had left the program's group, as daemons do
 */
export async function stopKept(folder: string): Promise<number> {
  const known = await readSpool(folder, 'keeper.json');
  if (!known && (await claimSpool(folder, 'keeper.json', { given_up: true }))) return 0;
  const keeper = known ?? (await readSpool(folder, 'keeper.json'));
  if (!keeper || 'given_up' in keeper) return 0;
  const { grace_ms } = (await readSpool(folder, 'command.json'))!;
  if (await isAlive(keeper)) {
    signalProcess(keeper.pid, 'SIGTERM');
    const end = performance.now() + grace_ms + KEEPER_MS;
    while ((await isAlive(keeper)) && performance.now() < end) await sleep(POLL_MS);
    // A frozen keeper does not react to SIGTERM.
    if (await isAlive(keeper)) signalProcess(keeper.pid, 'SIGKILL');
  }
  return stopOrphans(folder, grace_ms);
}

const hasExit = (folder: string) => existsSync(join(folder, 'exit.json'));

/**
 * Undefined while the keeper runs.
 * @throws ProgramLost
 */
async function exitOf(
  folder: string,
  keeper: SpoolFiles['keeper.json'],
): Promise<SpoolFiles['exit.json'] | undefined> {
  const lives = !('given_up' in keeper) && (await isAlive(keeper));
  if (lives && !hasExit(folder)) return undefined;
  const exit = await readSpool(folder, 'exit.json');
  if (exit || lives) return exit;
  await throwKeeperLost(folder, keeper);
}

/** Stops what the keeper has left running, and says what was lost. */
async function throwKeeperLost(folder: string, keeper: SpoolFiles['keeper.json']): Promise<never> {
  if ('given_up' in keeper) {
    throw new ProgramLost('KeeperLost', 'The program was not started: its keeper did not start.');
  }
  if (keeper.boot !== (await bootId())) {
    throw new ProgramLost(
      'HostRestarted',
      'The machine was restarted while the program ran. It was not restarted; how far it got is unknown.',
    );
  }
  const command = (await readSpool(folder, 'command.json')) ?? throwLost();
  await writeSpool(folder, 'orphaned.json', {});
  await stopOrphans(folder, command.grace_ms);
  throw new ProgramLost(
    'KeeperLost',
    'The process that watched the program was killed. The program was stopped and not restarted; how far it got is unknown.',
  );
}

/**
 * Stops the program of a keeper that has ended, and processes that left the program's group or started just before the keeper ended.
 * @returns how many processes it found by the mark of the spool
 */
async function stopOrphans(folder: string, grace_ms: number): Promise<number> {
  const program: ProcessIdentity | undefined = await readSpool(folder, 'program.json');
  if (program && (await isAlive(program))) await endGroup(program.pid, grace_ms);
  const stopped = new Set<number>();
  // A process may have started another just before it ended.
  for (let look = 0; look < MOST_LOOKS; look++) {
    const marked = await markedWith(spoolMark(folder));
    if (marked.length === 0) break;
    for (const { pid } of marked) stopped.add(pid);
    await endAll(marked, grace_ms);
  }
  return stopped.size;
}

function throwLost(): never {
  throw spoolLost();
}

const MOST_LOOKS = 5;
const POLL_MS = 50;
/** How often to check that the keeper is alive. */
const ALIVE_MS = 1_000;
/** Longer than the keeper needs after the program's end. */
const KEEPER_MS = 4_000;
