/** One process of a fleet: `meanwhile api` or `meanwhile worker`, which a test can stop, kill and start again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { guardHome } from './guard-home.ts';
import { removeFolder } from './remove-folder.ts';

export interface FleetProcess {
  name: string;
  /** Process id since its latest start. */
  readonly pid: number;
  signal(signal: NodeJS.Signals): void;
  /** All it has printed, in all its starts. */
  output(): string;
  /** On the same home and port. Resolves when it says that it is ready. */
  start(): Promise<void>;
  /** By SIGTERM. @returns its exit code */
  stop(): Promise<number | null>;
  kill9(): Promise<void>;
  /** Leaves no process and no file. */
  remove(): Promise<void>;
}

export interface FleetProcessOptions {
  name: string;
  role: 'api' | 'worker';
  /** What it prints when it is ready. */
  ready: RegExp;
  settings: Record<string, string>;
  /** Folder of its program. Default: this repository. */
  folder?: string;
}

/** Starts it for the first time. */
export async function startFleetProcess(options: FleetProcessOptions): Promise<FleetProcess> {
  const { name, role, ready, settings, folder = REPOSITORY } = options;
  const home = await mkdtemp(join(tmpdir(), 'meanwhile-fleet-'));
  const guard = guardHome(home);
  let child: ChildProcess;
  let output = '';

  async function start(): Promise<void> {
    const own = spawn(process.execPath, [join(folder, 'cli/meanwhile.js'), role], {
      cwd: home,
      env: { ...process.env, MEANWHILE_HOME: home, ...settings },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child = own;
    const before = output.length;
    await new Promise<void>((resolve, reject) => {
      const onOutput = (text: string) => {
        output += text;
        if (ready.test(output.slice(before))) resolve();
      };
      for (const stream of [own.stdout, own.stderr])
        stream.setEncoding('utf8').on('data', onOutput);
      own.once('exit', () => reject(new Error(`${name} ended:\n${output}`)));
    });
  }

  async function end(signal: NodeJS.Signals): Promise<number | null> {
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
    return child.exitCode;
  }

  async function remove(): Promise<void> {
    await end('SIGKILL');
    guard.kill();
    await removeFolder(home);
  }

  try {
    await start();
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    name,
    get pid() {
      return child.pid!;
    },
    signal: (signal) => void child.kill(signal),
    output: () => output,
    start,
    stop: () => end('SIGTERM'),
    async kill9() {
      await end('SIGKILL');
    },
    remove,
  };
}

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));
