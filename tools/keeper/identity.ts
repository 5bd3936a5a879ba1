/** Which process a number means. A number alone is given again to others; with the time it began it is not. */
import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

export interface ProcessIdentity {
  pid: number;
  /** When it began, as this system says it. */
  began: string;
  /** Of the boot it belongs to. Empty where the system has no such id. */
  boot: string;
}

/** Undefined: there is no such process, or it is dead and only not yet reaped. */
export async function identify(pid: number): Promise<ProcessIdentity | undefined> {
  const began = process.platform === 'linux' ? await beganOnLinux(pid) : await beganByPs(pid);
  return began === undefined ? undefined : { pid, began, boot: await bootId() };
}

export async function isAlive(known: ProcessIdentity): Promise<boolean> {
  const now = await identify(known.pid);
  return now !== undefined && now.began === known.began && now.boot === known.boot;
}

export async function bootId(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')).trim();
}

/** Field 22 of proc_pid_stat(5); the name in field 2 may hold spaces and parentheses. */
async function beganOnLinux(pid: number): Promise<string | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
  return fields === undefined || fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
}

async function beganByPs(pid: number): Promise<string | undefined> {
  const asked = promisify(execFile)('ps', ['-o', 'stat=,lstart=', '-p', String(pid)]);
  const text = (await asked.catch(() => undefined))?.stdout.trim();
  return text === undefined || text.startsWith('Z') ? undefined : text.replace(/^\S+\s+/, '');
}

/** Every process with these variables in its environment, as far as this system shows it; elsewhere than on Linux none. */
export async function markedWith(mark: Record<string, string>): Promise<ProcessIdentity[]> {
  const wanted = Object.entries(mark).map(([name, value]) => `${name}=${value}`);
  const names = await readdir('/proc').catch(() => []);
  const found = names
    .filter((name) => /^\d+$/.test(name))
    .map(async (name) => {
      const variables = await readFile(`/proc/${name}/environ`, 'utf8').catch(() => '');
      const has = new Set(variables.split('\0'));
      return wanted.every((variable) => has.has(variable)) ? identify(Number(name)) : undefined;
    });
  return (await Promise.all(found)).filter((process) => process !== undefined);
}
