/** The workflows' code as the worker loads it. Bundling takes seconds, so the last bundle is kept. */
import { createHash } from 'node:crypto';
import { access, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { findPackageJSON } from 'node:module';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type BundleOptions,
  bundleWorkflowCode,
  DefaultLogger,
  type WorkflowBundleOption,
} from '@temporalio/worker';

const root = fileURLToPath(new URL('..', import.meta.url));

/** `.js` in the package, because it is compiled. */
const EXTENSION = extname(import.meta.filename);

/** The folders that go into a bundle, besides the packages that they import and the options in this file. */
export const SOURCES = ['workflows', 'conversation', 'contract'];

/** Bundles of this repository or package that were built ahead of the first start (`npm run build`). */
const BUILT = join(root, 'build');

/** The bundle that was built ahead, else that of an earlier start with this home, else a new one. */
export async function workflowBundle(
  home: string,
  { isSealed = false } = {},
): Promise<WorkflowBundleOption> {
  const name = await bundleName(isSealed);
  const built = join(BUILT, name);
  if (await exists(built)) return { codePath: built };
  return { codePath: await bundleInto(join(home, 'cache'), name, isSealed) };
}

/** Builds the bundle ahead, for every later start. */
export async function buildBundle(): Promise<void> {
  await bundleInto(BUILT, await bundleName());
}

/** @param isSealed messages of failures are encrypted */
const bundleName = async (isSealed = false) =>
  `workflows-${await fingerprint()}${isSealed ? '-sealed' : ''}.js`;

async function bundleInto(folder: string, name: string, isSealed = false): Promise<string> {
  const codePath = join(folder, name);
  if (await exists(codePath)) return codePath;
  const { code } = await bundleWorkflowCode(bundleOptions(isSealed));
  await mkdir(folder, { recursive: true });
  await removeOthers(folder, name);
  // The bundle is complete or absent: a kill during the write leaves only a file that nothing reads.
  const half = join(folder, `.${process.pid}-${name}`);
  await writeFile(half, code);
  await rename(half, codePath);
  return codePath;
}

export function bundleOptions(isSealed = false): BundleOptions {
  const workflowsPath = join(root, `workflows/index${EXTENSION}`);
  const payloadConverterPath = join(root, `workflows/payload-converter${EXTENSION}`);
  const workflowInterceptorModules = ['updates-last', 'one-task'].map((name) =>
    join(root, `workflows/${name}${EXTENSION}`),
  );
  return {
    workflowsPath,
    payloadConverterPath,
    ...(isSealed && {
      failureConverterPath: join(root, `workflows/sealed-failures${EXTENSION}`),
    }),
    workflowInterceptorModules,
    // Evaluated once for all workflows; otherwise each costs 9 ms. No module keeps state (bundle.test.ts).
    preloadModules: [workflowsPath, payloadConverterPath, ...workflowInterceptorModules],
    logger: new DefaultLogger('WARN'),
  };
}

/** A hash of the bundle's sources and options. */
async function fingerprint(): Promise<string> {
  const hash = createHash('sha256').update(await dependencies());
  hash.update(await readFile(fileURLToPath(import.meta.url)));
  for (const folder of SOURCES) {
    const files = await readdir(join(root, folder));
    for (const file of files.filter((name) => name.endsWith(EXTENSION)).toSorted()) {
      hash.update(file).update(await readFile(join(root, folder, file)));
    }
  }
  return hash.digest('hex').slice(0, 16);
}

/** The lock file, or package.json in the published package, which has no lock file and names every version exactly. */
async function dependencies(): Promise<Buffer> {
  const lock = join(root, 'package-lock.json');
  return readFile((await exists(lock)) ? lock : findPackageJSON('..', import.meta.url)!);
}

async function removeOthers(folder: string, name: string): Promise<void> {
  const old = (await readdir(folder)).filter((f) => f.startsWith('workflows-') && f !== name);
  await Promise.all(old.map((file) => rm(join(folder, file), { force: true })));
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
