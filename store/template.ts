/** An empty store with its tables, made ahead: making one takes seconds, copying one takes some tens of milliseconds. */
import { createHash } from 'node:crypto';
import { constants, cpSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const BUILT = fileURLToPath(new URL('../build/', import.meta.url));

/** The path of the template for these tables and this version of PGlite, whether or not it exists. */
export async function templatePath(): Promise<string> {
  const hash = createHash('sha256')
    .update(await readFile(new URL(`migrations${extname(import.meta.filename)}`, import.meta.url)))
    .update(await readFile(createRequire(import.meta.url).resolve('@electric-sql/pglite')));
  return join(BUILT, `store-${hash.digest('hex').slice(0, 16)}`);
}

/**
 * Makes a new store by copying the template. Changes nothing if `folder` exists already, or if no template was built. Blocks its thread:
 * awaiting each of a thousand small files takes more CPU time.
 * @param folder must not be made by another process at the same time
 */
export async function copyTemplate(folder: string, template?: string): Promise<void> {
  if (existsSync(folder)) return;
  const from = template ?? (await templatePath());
  if (!existsSync(from)) return;
  // The rename makes the folder appear complete or not at all.
  const half = `${folder}.new`;
  rmSync(half, { recursive: true, force: true });
  mkdirSync(dirname(folder), { recursive: true });
  try {
    cpSync(from, half, { recursive: true, mode: constants.COPYFILE_FICLONE });
  } catch {
    // The template may not be readable. Without it, making the store takes longer, and reports problems of its own folder.
    rmSync(half, { recursive: true, force: true });
    return;
  }
  renameSync(half, folder);
}
