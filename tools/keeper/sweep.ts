/** Removes the folders of calls on this host that have not changed for a while. */
import { readdir, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { isSpoolLive } from './alive.ts';
import { attemptsIn } from './attempts.ts';

/** The folder that contains a folder for each call. */
export const spoolRoot = (home: string) => resolve(home, 'spool');

export interface SweepOptions {
  root: string;
  /** How long a folder without a change stays. Milliseconds. */
  keep_ms: number;
  /** Whether a worker in this process is running the call of this folder. */
  isInUse(folder: string): boolean;
}

/** Sweeps now and every hour until the returned timer is cleared. The timer does not keep the process running. */
export function sweepRegularly(options: SweepOptions): NodeJS.Timeout {
  // A folder that cannot be removed now may be removable in an hour.
  const sweep = () => void sweepSpools(options, Date.now()).catch(() => {});
  sweep();
  return setInterval(sweep, 3_600_000).unref();
}

/** @param now milliseconds since 1970 */
export async function sweepSpools({ root, keep_ms, isInUse }: SweepOptions, now: number) {
  const found = await readdir(root, { withFileTypes: true }).catch(() => []);
  for (const entry of found) {
    const folder = join(root, entry.name);
    if (!entry.isDirectory() || isInUse(entry.name)) continue;
    if ((await touchedAt(folder)) >= now - keep_ms || (await isLive(folder))) continue;
    await rm(folder, { recursive: true, force: true });
  }
}

async function touchedAt(folder: string): Promise<number> {
  const inside = (await readdir(folder, { recursive: true })).map((name) => join(folder, name));
  const times = await Promise.all(
    [folder, ...inside].map((path) => stat(path).then(({ mtimeMs }) => mtimeMs)),
  );
  return Math.max(...times);
}

/** Whether a program of any attempt of this call, or its keeper, runs. */
export async function isLive(folder: string): Promise<boolean> {
  for (const spool of [folder, ...(await attemptsIn(folder))]) {
    if (await isSpoolLive(spool)) return true;
  }
  return false;
}
