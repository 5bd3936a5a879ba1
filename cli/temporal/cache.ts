/** Our own copy of the Temporal CLI. A file under its final name is complete and has been run successfully. */
import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { platform } from 'node:os';
import { dirname, join } from 'node:path';
import { cacheFolder } from '../../config.ts';
import { checkTemporal, CLI_VERSION } from './version.ts';

export const executableName = platform() === 'win32' ? 'temporal.exe' : 'temporal';

export const cachedTemporal = () =>
  join(cacheFolder(), `temporal-cli-${CLI_VERSION}`, executableName);

/**
 * Lets `make` put an executable into a separate folder, runs it, and moves it to `target` in one step. So concurrent processes, or one
 * that is killed, never leave half a file there.
 * @param make returns the executable's path inside the folder it is given.
 */
export async function install(
  target: string,
  make: (folder: string) => Promise<string>,
): Promise<string> {
  await mkdir(dirname(target), { recursive: true });
  await sweep(dirname(target));
  const folder = await mkdtemp(join(dirname(target), PARTIAL));
  try {
    const made = await make(folder);
    const checked = await checkTemporal(made);
    if (!checked.usable) throw new Error(`the new executable ${checked.why}`);
    await rename(made, target).catch((error) => unlessThere(target, error));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return target;
}

const PARTIAL = '.partial-';
const ABANDONED_MS = 24 * 3_600_000;

/** Removes what a killed process left behind long ago. */
async function sweep(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    if (!name.startsWith(PARTIAL)) continue;
    const folder = join(parent, name);
    const { mtimeMs } = await stat(folder).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs > ABANDONED_MS) await rm(folder, { recursive: true, force: true });
  }
}

/** Windows refuses to replace a running program. Then another process was faster, and its copy is used. */
async function unlessThere(target: string, error: NodeJS.ErrnoException): Promise<void> {
  if (!(await checkTemporal(target)).usable) throw error;
}
