/** One process of `temporal server start-dev`, from its start until it is ready. */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { terminate } from '../processes.ts';
import { identify, type ProcessIdentity } from '../../tools/process-identity.ts';
import { waitForTemporal } from './ready.ts';
import { writeRecord } from './record.ts';

export const HOST = '127.0.0.1';

export interface Server {
  identity: ProcessIdentity;
  port: number;
  uiPort: number;
  /** Resolves with a short reason when the process has exited. */
  exited: Promise<string>;
}

export interface Launch {
  /** The command that `findTemporal` returns. */
  command: string;
  home: string;
  namespace: string;
  port: number;
  uiPort: number;
  signal: AbortSignal;
  spawned?: (() => void) | undefined;
}

/** @throws Error with the end of the log if it exits, or is not ready within a minute. Then it is not running. */
export async function launch(options: Launch): Promise<Server> {
  const { home, port, uiPort, namespace, signal } = options;
  const log = join(home, 'temporal.log');
  await keepShort(log);
  const child = start(options, log);
  const exited = exitOf(child);
  const identity = child.pid === undefined ? undefined : await identify(child.pid);
  if (!identity) throw await failure(await exited, log);

  await writeRecord(home, { ...identity, port, uiPort, database: databaseIn(home) });
  options.spawned?.();
  const readiness = new AbortController();
  const ready = waitForTemporal({
    address: `${HOST}:${port}`,
    namespace,
    timeoutMs: 60_000,
    ifNoNamespace: 'create',
    signal: AbortSignal.any([signal, readiness.signal]),
  });
  try {
    const early = await Promise.race([ready, exited]);
    if (typeof early === 'string') throw new Error(`the server exited: ${early}`);
  } catch (error) {
    readiness.abort();
    await terminate(identity);
    throw signal.aborted ? error : await failure((error as Error).message, log);
  }
  return { identity, port, uiPort, exited };
}

const databaseIn = (home: string) => join(home, 'temporal.db');

/** The flags that do not depend on where it runs: docker-compose.yml has the same. */
export const FLAGS = [
  // Two to three times the throughput, and no acknowledged write is lost when the process is killed.
  ...['--sqlite-pragma=journal_mode=wal', '--sqlite-pragma=synchronous=normal'],
  // Saves a round trip for each activity.
  '--dynamic-config-value=system.enableActivityEagerExecution=true',
  // Otherwise a timer fires up to a second late: the quiet window (R6) is a quarter of one.
  '--dynamic-config-value=history.timerProcessorMaxTimeShift="20ms"',
  // The shorter shift needs that many more polls for timers: the default, 20 a second, would delay them under load.
  '--dynamic-config-value=history.timerProcessorMaxPollRPS=1000',
  // Polls for tasks often enough for many conversations: with the default, 20 a second, each step of a busy service waits for a
  // poll.
  '--dynamic-config-value=history.transferProcessorMaxPollRPS=200',
  '--log-level=warn',
];

/** The server gets its own session: a Ctrl-C in the terminal reaches only this process, which stops the server last. */
function start({ command, home, namespace, port, uiPort }: Launch, log: string): ChildProcess {
  const output = openSync(log, 'a');
  const child = spawn(
    command,
    [
      'server',
      'start-dev',
      ...['--ip', HOST, '--port', String(port), '--ui-port', String(uiPort)],
      ...['--namespace', namespace],
      ...['--db-filename', databaseIn(home)],
      ...FLAGS,
    ],
    { detached: true, windowsHide: true, stdio: ['ignore', output, output] },
  );
  closeSync(output);
  child.unref();
  return child;
}

function exitOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
}

async function failure(why: string, log: string): Promise<Error> {
  const written = await readFile(log, 'utf8').catch(() => '');
  const tail = written.trimEnd().split('\n').slice(-15).join('\n  ');
  return new Error(`Temporal did not start (${why}). The end of ${log}:\n  ${tail}`);
}

const LONGEST_LOG_BYTES = 10_000_000;

/** Renames a log that many starts have made long. */
async function keepShort(log: string): Promise<void> {
  const { size } = await stat(log).catch(() => ({ size: 0 }));
  if (size > LONGEST_LOG_BYTES) await rename(log, `${log}.old`);
}
