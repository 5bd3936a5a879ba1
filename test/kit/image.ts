/** The files of the image that the Dockerfile makes, in a temporary folder. */
import { cp, mkdtemp, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copiedPaths, REPOSITORY } from './compose.ts';

/** What the image holds, and nothing else of this repository. */
export async function imageFolder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'meanwhile-image-'));
  for (const path of await copiedPaths())
    await cp(join(REPOSITORY, path), join(made, path), { recursive: true });
  await symlink(join(REPOSITORY, 'node_modules'), join(made, 'node_modules'));
  return made;
}
