/** The service's side of a kept program: starts its keeper once, reads its lines from wherever it is, and stops it. */
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { endAll, endGroup, signalOne } from '../process-group.ts';
import { bootId, isAlive, markedWith, type ProcessIdentity } from './identity.ts';
import { ProgramLost, spoolLost } from './lost.ts';
import { createOutputReader, type SpoolLine } from './read-output.ts';
import { claimSpool, type ProgramExit, readSpool, type SpoolFiles, spoolMark } from './spool.ts';

export interface KeptProgram {
  /** From the beginning of what is kept. Ends when the program has, or the signal aborts. */
  lines: AsyncGenerator<SpoolLine, void, void>;
  /** Once the lines have ended. @throws ProgramLost */
  ended(): Promise<ProgramExit>;
}

/**
 * @param folder the call's spool; the program is started at most once in it, however often this is called
 * @param environment all that keeper and program see
 */
export async function attach(
  folder: string,
  command: SpoolFiles['command.json'],
  environment: Record<string, string | undefined>,
  signal: AbortSignal,
): Promise<KeptProgram> {
  await claimSpool(folder, 'command.json', command);
  if (!(await readSpool(folder, 'keeper.json'))) await startKeeper(folder, environment);
  const reader = createOutputReader(folder);
  async function* lines() {
    for (;;) {
      const exit = signal.aborted || (await exitOf(folder));
      const lines = await reader.read().catch(throwLost);
      yield* lines;
      if (exit === true || signal.aborted) return;
      if (exit && reader.position() >= exit.bytes) return;
      if (lines.length === 0) await sleep(POLL_MS);
    }
  }
  return { lines: lines(), ended: async () => (await exitOf(folder)) ?? throwLost() };
}

/**
 * Stops what the spool keeps, and what was to be started. Resolves when nothing of it runs.
 * @returns how many processes it stopped that had left the program's group, as daemons do
 */
export async function stopKept(folder: string): Promise<number> {
  const isFirst = await claimSpool(folder, 'keeper.json', { given_up: true });
  const keeper = isFirst ? undefined : await readSpool(folder, 'keeper.json');
  if (!keeper || 'given_up' in keeper) return 0;
  const { grace_ms } = (await readSpool(folder, 'command.json'))!;
  if (await isAlive(keeper)) {
    signalOne(keeper.pid, 'SIGTERM');
    const end = performance.now() + grace_ms + KEEPER_MS;
    while ((await isAlive(keeper)) && performance.now() < end) await sleep(POLL_MS);
    // One that is frozen itself does not hear.
    if (await isAlive(keeper)) signalOne(keeper.pid, 'SIGKILL');
  }
  return stopOrphans(folder, grace_ms);
}

async function startKeeper(folder: string, env: Record<string, string | undefined>) {
  const marked = { ...env, ...spoolMark(folder) };
  spawn(process.execPath, [KEEPER, folder], { env: marked, stdio: 'ignore', detached: true })
    .on('error', () => {})
    .unref();
  const end = performance.now() + START_MS;
  while (!(await readSpool(folder, 'keeper.json'))) {
    if (performance.now() < end) await sleep(POLL_MS);
    else await claimSpool(folder, 'keeper.json', { given_up: true });
  }
}

/** Undefined: it still runs. */
async function exitOf(folder: string): Promise<SpoolFiles['exit.json'] | undefined> {
  const keeper = await readSpool(folder, 'keeper.json').catch(throwLost);
  if (!keeper) return throwLost();
  const lives = !('given_up' in keeper) && (await isAlive(keeper));
  const exit = await readSpool(folder, 'exit.json');
  if (exit || lives) return exit;
  await losesKeeper(folder, keeper);
}

async function losesKeeper(folder: string, keeper: SpoolFiles['keeper.json']): Promise<never> {
  if ('given_up' in keeper) {
    throw new ProgramLost('KeeperLost', 'The program was not started: its keeper did not come up.');
  }
  if (keeper.boot !== (await bootId())) {
    throw new ProgramLost(
      'HostRestarted',
      'The machine was restarted while the program ran. It was not started again; how far it came is unknown.',
    );
  }
  const command = await readSpool(folder, 'command.json');
  await stopOrphans(folder, command?.grace_ms ?? 0);
  throw new ProgramLost(
    'KeeperLost',
    'The process that watched the program was ended by something else. The program was stopped and not started again; how far it came is unknown.',
  );
}

/** The program whose keeper is gone, and what has left its group or was started in the keeper's last moment. */
async function stopOrphans(folder: string, grace_ms: number): Promise<number> {
  const program: ProcessIdentity | undefined = await readSpool(folder, 'program.json');
  if (program && (await isAlive(program))) await endGroup(program.pid, grace_ms);
  const stopped = new Set<number>();
  // A process that was about to start another may have done so before it ended.
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

const KEEPER = fileURLToPath(new URL('keeper.ts', import.meta.url));
const MOST_LOOKS = 5;
const POLL_MS = 50;
const START_MS = 10_000;
/** Longer than the keeper needs after the program's end. */
const KEEPER_MS = 4_000;
