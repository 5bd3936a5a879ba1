/** Identifies processes. The system reuses process ids, but a process id with its start time is unique. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

export interface ProcessIdentity {
  pid: number;
  /** When it began, in the system's own format. */
  began: string;
  /** Id of the boot it belongs to. Empty where the system has no such id. */
  boot: string;
}

/**
 * Undefined when there is no such process, or it is dead but not yet reaped.
 * @throws Error when the system does not say: that is no proof that it is dead
 */
export async function identify(pid: number): Promise<ProcessIdentity | undefined> {
  const began = await whenBegun(pid);
  return began === undefined ? undefined : { pid, began, boot: await bootId() };
}

export async function isAlive(known: ProcessIdentity): Promise<boolean> {
  const now = await identify(known.pid);
  return now !== undefined && now.began === known.began && now.boot === known.boot;
}

export function bootId(): Promise<string> {
  return (boot ??= readFile('/proc/sys/kernel/random/boot_id', 'utf8').then(
    (text) => text.trim(),
    () => '',
  ));
}

/** Read once, since the id does not change while this process runs. */
let boot: Promise<string> | undefined;

async function whenBegun(pid: number): Promise<string | undefined> {
  switch (process.platform) {
    case 'linux':
      return onLinux(pid);
    case 'win32':
      return onWindows(pid);
    default:
      return byPs(pid);
  }
}

/**
 * Field 22 of proc_pid_stat(5); the name in field 2 may hold spaces and parentheses. Reads synchronously: the file is in memory, so waiting
 * for another thread would cost more.
 */
function onLinux(pid: number): string | undefined {
  const text = readIfThere(`/proc/${pid}/stat`);
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
  return fields === undefined || fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
}

const onWindows = (pid: number) =>
  answerOf('powershell', [
    '-NoProfile',
    '-Command',
    `(Get-Process -Id ${pid} -ErrorAction Stop).StartTime.ToFileTimeUtc()`,
  ]);

async function byPs(pid: number): Promise<string | undefined> {
  const text = await answerOf('ps', ['-o', 'stat=,lstart=', '-p', String(pid)]);
  return text?.startsWith('Z') ? undefined : text?.replace(/^\S+\s+/, '');
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ESRCH') throw error;
    return undefined;
  }
}

/** Undefined when the program fails: that is how these programs report that there is no such process. */
async function answerOf(program: string, options: string[]): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)(program, options);
    return stdout.trim() || undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw error;
    return undefined;
  }
}

/** Every process with these variables in its environment, as far as this system shows it; none on systems other than Linux. */
export async function markedWith(mark: Record<string, string>): Promise<ProcessIdentity[]> {
  const wanted = Object.entries(mark).map(([name, value]) => `\0${name}=${value}\0`);
  const marked = (await lookAtAll()).filter(({ variables }) =>
    wanted.every((variable) => variables.includes(variable)),
  );
  const known = await Promise.all(marked.map(({ pid }) => identify(pid)));
  return known.filter((process) => process !== undefined);
}

interface Seen {
  pid: number;
  /** Each variable between two NULs. */
  variables: string;
}

/** Reads the environments of all processes. One read serves all callers that asked before it began. */
function lookAtAll(): Promise<Seen[]> {
  return (coming ??= look.then(() => {
    coming = undefined;
    const looking = seeAll();
    look = looking.catch(() => {});
    return looking;
  }));
}

let look: Promise<unknown> = Promise.resolve();
let coming: Promise<Seen[]> | undefined;

async function seeAll(): Promise<Seen[]> {
  const names = await readdir('/proc').catch(() => []);
  const pids = names.filter((name) => /^\d+$/.test(name)).map(Number);
  const see = async (pid: number) => {
    const variables = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
    return { pid, variables: `\0${variables}\0` };
  };
  return Promise.all(pids.map(see));
}
