/** The service's side of a kept program: starts its keeper once, reads its lines from wherever it is, and stops it. */
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { endGroup } from '../process-group.ts';
import { bootId, isAlive, type ProcessIdentity } from './identity.ts';
import { createOutputReader, type SpoolLine } from './read-output.ts';
import { claimSpool, readSpool, type ProgramExit, type SpoolFiles } from './spool.ts';

/** The program is out of reach. `name` is a stable word, the message a sentence for the model. */
export class ProgramLost extends Error {
  constructor(name: 'KeeperLost' | 'HostRestarted' | 'SpoolLost', message: string) {
    super(message);
    this.name = name;
  }
}

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
      const lines = await reader.read().catch(spoolLost);
      yield* lines;
      if (exit === true || signal.aborted) return;
      if (exit && reader.position() >= exit.bytes) return;
      if (lines.length === 0) await sleep(POLL_MS);
    }
  }
  return { lines: lines(), ended: async () => (await exitOf(folder)) ?? spoolLost() };
}

/** Stops what the spool keeps, and what was to be started. Resolves when nothing of it runs. */
export async function stopKept(folder: string): Promise<void> {
  const command = await readSpool(folder, 'command.json');
  if (!command) return;
  if (await claimSpool(folder, 'keeper.json', { given_up: true })) return;
  const keeper = (await readSpool(folder, 'keeper.json'))!;
  if ('given_up' in keeper) return;
  if (await isAlive(keeper)) {
    process.kill(keeper.pid, 'SIGTERM');
    const end = performance.now() + command.grace_ms + KEEPER_MS;
    while ((await isAlive(keeper)) && performance.now() < end) await sleep(POLL_MS);
    // One that is frozen itself does not hear.
    if (await isAlive(keeper)) process.kill(keeper.pid, 'SIGKILL');
  }
  await stopOrphan(folder, command.grace_ms);
}

async function startKeeper(folder: string, env: Record<string, string | undefined>) {
  spawn(process.execPath, [KEEPER, folder], { env, stdio: 'ignore', detached: true })
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
  const keeper = await readSpool(folder, 'keeper.json').catch(spoolLost);
  if (!keeper) return spoolLost();
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
  await stopOrphan(folder, command?.grace_ms ?? 0);
  throw new ProgramLost(
    'KeeperLost',
    'The process that watched the program was ended by something else. The program was stopped and not started again; how far it came is unknown.',
  );
}

async function stopOrphan(folder: string, grace_ms: number): Promise<void> {
  const program: ProcessIdentity | undefined = await readSpool(folder, 'program.json');
  if (program && (await isAlive(program))) await endGroup(program.pid, grace_ms);
}

function spoolLost(): never {
  throw new ProgramLost(
    'SpoolLost',
    'The files of the program are gone. It was not started again; how far it came is unknown.',
  );
}

const KEEPER = fileURLToPath(new URL('keeper.ts', import.meta.url));
const POLL_MS = 50;
const START_MS = 10_000;
/** Longer than the keeper needs after the program's end. */
const KEEPER_MS = 4_000;
