/**
 * `npm run build`: the package (dist/), the page, and what the first start would have to make: the workflows' bundle, and an empty
 * store. Run in the package, it makes the bundle alone: the page is there, and the store is too large to publish.
 */
import { access, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { openStore } from '../store/open.ts';
import { templatePath } from '../store/template.ts';
import { buildBundle } from '../worker/bundle.ts';
import { compile } from './compile.ts';
import { buildPage } from './page.ts';

const isSource = extname(import.meta.filename) === '.ts';
await Promise.all([buildBundle(), ...(isSource ? [buildTemplate(), compile(), buildPage()] : [])]);

async function buildTemplate(): Promise<void> {
  const path = await templatePath();
  const isThere = await access(path).then(
    () => true,
    () => false,
  );
  if (isThere) return;
  const built = dirname(path);
  await mkdir(built, { recursive: true });
  for (const name of await readdir(built)) {
    // Left by earlier versions, or by a build that was aborted.
    const isOld = name !== basename(path) && (name.startsWith('store-') || name.endsWith('-store'));
    if (isOld) await rm(join(built, name), { recursive: true, force: true });
  }
  const half = join(built, `.${process.pid}-store`);
  const store = await openStore({ folder: half });
  await store.close();
  await rename(half, path);
}
