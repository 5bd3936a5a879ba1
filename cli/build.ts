/** `npm run build`: makes ahead what the first start would have to make: the workflows' bundle, and an empty store. */
import { access, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { openStore } from '../store/open.ts';
import { templatePath } from '../store/template.ts';
import { buildBundle } from '../worker/bundle.ts';

await Promise.all([buildBundle(), buildTemplate()]);

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
    // Of earlier versions, and of a build that was broken off.
    const isOld = name !== basename(path) && (name.startsWith('store-') || name.endsWith('-store'));
    if (isOld) await rm(join(built, name), { recursive: true, force: true });
  }
  const half = join(built, `.${process.pid}-store`);
  const store = await openStore({ folder: half });
  await store.close();
  await rename(half, path);
}
