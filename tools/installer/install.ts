/**
 * `node install.ts <folder> <package>`: installs a package below the folder. Every file arrives as slowly as over a network, is
 * compressed, synced to disk, read back and verified. The manifest comes last, so a package that has one is complete. What an
 * interrupted run has finished is verified and kept; a complete package is installed again.
 * Exit codes: 0 installed, 1 no such package or the work failed, 2 invalid usage, 143 stopped by SIGTERM.
 */
import { mkdir, rm, stat } from 'node:fs/promises';
import { constants, setPriority } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { removeLeftovers, verify, writeCompressed, writeWhole } from './files.ts';
import { contentOf, filesOf, PACKAGES } from './packages.ts';

class Stopped extends Error {}

/** Pause before each piece, as for a network. An installer that mostly waits puts little load on the machine. */
const PIECE_MS = 98;

// The service on the same machine has priority.
setPriority(constants.priority.PRIORITY_BELOW_NORMAL);

let stopping = false;
const stop = () => {
  stopping = true;
};
process.once('SIGTERM', stop);
process.once('SIGINT', stop);
// The reader of the output has ended: the process that started this may have started another installer.
process.stdout.on('error', stop);

process.exitCode = await main(process.argv.slice(2));

async function main([folder, name]: string[]): Promise<number> {
  if (!folder || name === undefined) {
    console.error('usage: install.ts <folder> <package>');
    return 2;
  }
  if (!PACKAGES.has(name)) {
    console.error(`no such package: ${name}. There are ${[...PACKAGES.keys()].join(', ')}.`);
    return 1;
  }
  try {
    await install(join(folder, name), name);
    return 0;
  } catch (error) {
    if (error instanceof Stopped) {
      console.error(`stopped: ${name} is not complete`);
      return 143;
    }
    console.error(`failed: ${(error as Error).message}`);
    return 1;
  }
}

async function install(target: string, name: string) {
  const manifest = join(target, 'manifest.json');
  await mkdir(join(target, 'lib'), { recursive: true });
  await removeLeftovers(join(target, 'lib'));
  await removeLeftovers(target);
  const again = await exists(manifest);
  await rm(manifest, { force: true });

  const paths = filesOf(name);
  const files = [];
  for (const [i, path] of paths.entries()) {
    const file = join(target, `${path}.gz`);
    const kept = again ? undefined : await verify(file, pieces(name, path));
    const { sha256, bytes } = kept ?? (await writeCompressed(file, pieces(name, path)));
    files.push({ path, bytes, sha256 });
    const percent = String(Math.floor((100 * (i + 1)) / paths.length)).padStart(3);
    console.log(`[${percent}%] ${path} (${i + 1} of ${paths.length}) sha256 ok`);
  }
  await writeWhole(manifest, JSON.stringify({ package: name, files }, undefined, 2));
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  console.log(`installed ${name}: ${files.length} files, ${bytes} bytes`);
}

/** Yields the content as it arrives, with a chance to stop before each piece. */
async function* pieces(name: string, path: string) {
  for (const piece of contentOf(name, path)) {
    await sleep(PIECE_MS);
    if (stopping) throw new Stopped();
    yield piece;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
