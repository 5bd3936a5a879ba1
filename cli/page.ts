/** Compiles the page in web/ into files that a browser loads: after `npm ci`, and again when its sources have changed. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';

const ROOT = join(import.meta.dirname, '..');
const PAGE = join(ROOT, 'build/page');
/** The file in the page's folder with the hash of its sources. */
const MADE_FROM = 'made-from';

/** The folder of the compiled page. Undefined if it is not built and cannot be: the tool that builds it is a development dependency. */
export async function pageFolder(): Promise<string | undefined> {
  await buildPage();
  return existsSync(join(PAGE, 'index.html')) ? PAGE : undefined;
}

/** Does nothing if the page is up to date, if its sources are missing, as in the package, or if the tool that builds it is missing. */
export async function buildPage(): Promise<void> {
  if (!existsSync(join(ROOT, 'web'))) return;
  const sources = await fingerprint();
  if ((await madeFrom()) !== sources) {
    const vite = await import('vite').catch(() => undefined);
    if (!vite) return;
    const half = join(ROOT, `build/.${process.pid}-page`);
    await vite.build({
      configFile: join(ROOT, 'web/vite.config.ts'),
      root: join(ROOT, 'web'),
      logLevel: 'error',
      build: { outDir: half, emptyOutDir: true },
    });
    await compress(half);
    await writeFile(join(half, MADE_FROM), sources);
    await rm(PAGE, { recursive: true, force: true });
    await rename(half, PAGE).catch(async (error: unknown) => {
      // Another process has built it at the same time.
      await rm(half, { recursive: true, force: true });
      if ((await madeFrom()) !== sources) throw error;
    });
  }
  await publish(sources);
}

/** Copies the page into the package. */
async function publish(sources: string): Promise<void> {
  const copy = join(ROOT, 'dist/build/page');
  if ((await madeFrom(copy)) === sources) return;
  await mkdir(join(ROOT, 'dist/build'), { recursive: true });
  await rm(copy, { recursive: true, force: true });
  await cp(PAGE, copy, { recursive: true });
}

const madeFrom = (folder = PAGE) =>
  readFile(join(folder, MADE_FROM), 'utf8').catch(() => undefined);

/** The API sends these compressed files as they are. */
async function compress(folder: string): Promise<void> {
  const names = await readdir(folder, { recursive: true });
  const texts = names.filter((name) => ['.html', '.js', '.css', '.svg'].includes(extname(name)));
  await Promise.all(
    texts.map(async (name) => {
      const path = join(folder, name);
      const content = await readFile(path);
      await writeFile(`${path}.gz`, await promisify(gzip)(content, { level: 9 }));
      await writeFile(`${path}.br`, await promisify(brotliCompress)(content));
    }),
  );
}

/** A hash of the page's sources, of this file and of the installed packages. */
async function fingerprint(): Promise<string> {
  const hash = createHash('sha256').update(await readFile(import.meta.filename));
  const lock = join(ROOT, 'package-lock.json');
  if (existsSync(lock)) hash.update(await readFile(lock));
  for (const folder of ['web', 'client', 'contract']) {
    const names = await readdir(join(ROOT, folder), { recursive: true, withFileTypes: true });
    const files = names
      .filter((entry) => entry.isFile() && !entry.name.includes('.test.'))
      .map((entry) => join(entry.parentPath, entry.name));
    for (const file of files.toSorted()) hash.update(file).update(await readFile(file));
  }
  return hash.digest('hex');
}
