/** Processes that outlive us. They are identified by more than their number, since numbers are reused. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { platform } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

export interface ProcessIdentity {
  pid: number;
  /** When it started, in the operating system's format: only for comparison. */
  started: string;
}

/** Undefined when there is no such process, or it is dead and its exit code has not been collected yet. */
export async function identify(pid: number): Promise<ProcessIdentity | undefined> {
  const started = await startTime(pid);
  return started === undefined ? undefined : { pid, started };
}

export async function isRunning({ pid, started }: ProcessIdentity): Promise<boolean> {
  return (await startTime(pid)) === started;
}

/** Sends SIGTERM, then SIGKILL after `graceMs`. Returns when it is gone; a process that reuses the pid is left alone. */
export async function terminate(identity: ProcessIdentity, graceMs = 10_000): Promise<void> {
  if (!(await isRunning(identity))) return;
  signalProcess(identity.pid, 'SIGTERM');
  for (const deadline = Date.now() + graceMs; Date.now() < deadline; await sleep(25)) {
    if (!(await isRunning(identity))) return;
  }
  if (await isRunning(identity)) signalProcess(identity.pid, 'SIGKILL');
  while (await isRunning(identity)) await sleep(25);
}

/** A process that is gone already is not an error: it may end between the check and the signal. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function startTime(pid: number): Promise<string | undefined> {
  switch (platform()) {
    case 'linux':
      return startTimeOnLinux(pid);
    case 'win32':
      return answerOf('powershell', [
        '-NoProfile',
        '-Command',
        `(Get-Process -Id ${pid} -ErrorAction Stop).StartTime.ToFileTimeUtc()`,
      ]);
    default: {
      const state = await answerOf('ps', ['-o', 'stat=,lstart=', '-p', String(pid)]);
      return state?.startsWith('Z') ? undefined : state?.replace(/^\S+\s+/, '');
    }
  }
}

/** Clock ticks since boot, so the boot is part of it: a home may move to another machine or outlive a restart. */
async function startTimeOnLinux(pid: number): Promise<string | undefined> {
  const [stat, boot] = await Promise.all([
    readFile(`/proc/${pid}/stat`, 'utf8').catch(ifGone),
    readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
  ]);
  // The second field, the name, may contain spaces and brackets; state is the third field, the start time the 22nd.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (!fields || fields[0] === 'Z' || fields[0] === 'X') return undefined;
  return `${boot.trim()}/${fields[19]}`;
}

function ifGone(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT' && error.code !== 'ESRCH') throw error;
}

/** The output of a program; undefined when it failed, by which these programs say "no such process". */
async function answerOf(program: string, options: string[]): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)(program, options);
    return stdout.trim() || undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw error;
    return undefined;
  }
}
