import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isAlive } from './identity.ts';
import { readSpool } from './spool.ts';

/** The programs that run under a keeper on this host, as their spools name them. @param root holds a folder for each call */
export async function runningIn(root: string): Promise<string[]> {
  const entries = await readdir(root, { withFileTypes: true }).catch(() => []);
  const labels = entries
    .filter((entry) => entry.isDirectory())
    .map(async ({ name }) => {
      const keeper = await readSpool(join(root, name), 'keeper.json');
      const runs = keeper !== undefined && 'pid' in keeper && (await isAlive(keeper));
      return runs ? (await readSpool(join(root, name), 'command.json'))?.label : undefined;
    });
  return (await Promise.all(labels)).filter((label) => label !== undefined);
}
