/** An empty store with its tables, made ahead: to make one takes seconds, to copy one some tens of milliseconds. */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { access, cp, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const BUILT = fileURLToPath(new URL('../build/', import.meta.url));

/** Where the template is, or is to be: another one for other tables, and for another PGlite. */
export async function templatePath(): Promise<string> {
  const hash = createHash('sha256')
    .update(await readFile(new URL(`migrations${extname(import.meta.filename)}`, import.meta.url)))
    .update(await readFile(createRequire(import.meta.url).resolve('@electric-sql/pglite')));
  return join(BUILT, `store-${hash.digest('hex').slice(0, 16)}`);
}

/**
 * A new store begins as a copy. Changes nothing where `folder` is there already, or where no template was built.
 * @param folder that no other process is about to make
 */
export async function copyTemplate(folder: string, template?: string): Promise<void> {
  if (await exists(folder)) return;
  const from = template ?? (await templatePath());
  if (!(await exists(from))) return;
  // Complete or not there.
  const half = `${folder}.new`;
  await rm(half, { recursive: true, force: true });
  await mkdir(dirname(folder), { recursive: true });
  try {
    await cp(from, half, { recursive: true, mode: constants.COPYFILE_FICLONE });
  } catch {
    // The template may not be readable. A store made from nothing only takes longer, and reports what is wrong with its own folder.
    await rm(half, { recursive: true, force: true });
    return;
  }
  await rename(half, folder);
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );
