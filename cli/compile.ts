/** Compiles the package into dist/: Node does not run TypeScript in node_modules, and editors need declarations. */
import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { execa } from 'execa';

const ROOT = join(import.meta.dirname, '..');
const DIST = join(ROOT, 'dist');
const SETTINGS = join(ROOT, 'tsconfig.build.json');

/** Does nothing without a compiler or its settings: an installation without development dependencies runs the sources. */
export async function compile(): Promise<void> {
  const compiler = findCompiler();
  if (compiler === undefined || !existsSync(SETTINGS)) return;
  await removeEarlier();
  await execa(process.execPath, [compiler, '--project', SETTINGS], {
    stdout: 'inherit',
    stderr: 'inherit',
  });
}

function findCompiler(): string | undefined {
  try {
    const found = createRequire(import.meta.url).resolve('typescript/package.json');
    return join(dirname(found), 'bin/tsc');
  } catch {
    return undefined;
  }
}

/** Otherwise modules that no longer exist would be published too. */
async function removeEarlier(): Promise<void> {
  const names = await readdir(DIST).catch(() => []);
  // dist/build is kept: each of its parts records what it was made from.
  const old = names.filter((name) => name !== 'build');
  await Promise.all(old.map((name) => rm(join(DIST, name), { recursive: true, force: true })));
}
