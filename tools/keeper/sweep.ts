/** Removes what calls left on this host, once they have been over for a while. */
import { readdir, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { isAlive } from './identity.ts';
import { readSpool } from './spool.ts';

/** Holds a folder for each call. */
export const spoolRoot = (home: string) => resolve(home, 'spool');

/** Now and every hour. The timer keeps no process alive; clear it to stop. */
export function sweepRegularly(root: string): NodeJS.Timeout {
  const sweep = () => void sweepSpools(root, Date.now() - KEEP_MS).catch(() => {});
  sweep();
  return setInterval(sweep, 3_600_000).unref();
}

/** @param before milliseconds since 1970: what has changed later stays. So does what lives. */
export async function sweepSpools(root: string, before: number): Promise<void> {
  for (const name of await readdir(root).catch(() => [])) {
    const folder = join(root, name);
    const { mtimeMs } = await stat(folder);
    if (mtimeMs < before && !(await lives(folder))) {
      await rm(folder, { recursive: true, force: true });
    }
  }
}

async function lives(folder: string): Promise<boolean> {
  const program = await readSpool(folder, 'program.json');
  const keeper = await readSpool(folder, 'keeper.json');
  const processes = [program, keeper].filter((file) => file !== undefined && 'pid' in file);
  return (await Promise.all(processes.map(isAlive))).includes(true);
}

/** A day: a call's output can be looked at for so long. */
const KEEP_MS = 24 * 3_600_000;
