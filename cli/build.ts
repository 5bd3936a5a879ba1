/**
 * `npm run build`: compiles the package (dist/) and the page, and makes the workflows' bundle, an empty store and the compile cache, so that
 * the first start need not. In the package it makes only the bundle: the page is there, the store is too large to publish, and the cache
 * belongs to one version of Node.
 */
import { access, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { execa } from 'execa';
import { openStore } from '../store/open.ts';
import { templatePath } from '../store/template.ts';
import { buildBundle } from '../worker/bundle.ts';
import { compile } from './compile.ts';
import { buildPage } from './page.ts';

const isSource = extname(import.meta.filename) === '.ts';
await Promise.all([buildBundle(), ...(isSource ? [buildTemplate(), compile(), buildPage()] : [])]);
if (isSource) await fillCompileCache();

async function fillCompileCache(): Promise<void> {
  await mkdir(join(import.meta.dirname, '../build/code'), { recursive: true });
  await execa(process.execPath, [join(import.meta.dirname, 'load-code.ts')]);
  // The module that every command starts with.
  await execa(process.execPath, [join(import.meta.dirname, 'meanwhile.js'), '--version']);
}

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
