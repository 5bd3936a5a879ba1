import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { attemptsIn } from './attempts.ts';
import { isAlive } from '../process-identity.ts';
import { readSpool } from './spool.ts';

/**
 * The programs of calls that run under a keeper on this host, as their spools name them.
 * @param root holds a folder for each call. Other folders, such as those of hosts of MCP servers, have other names.
 */
export async function runningIn(root: string): Promise<string[]> {
  const entries = await readdir(root, { withFileTypes: true }).catch(() => []);
  const labels = entries
    .filter((entry) => entry.isDirectory() && entry.name.startsWith(CALL))
    .map(async ({ name }) => {
      const call = join(root, name);
      const attempts = await attemptsIn(call).catch(() => []);
      return Promise.all([call, ...attempts].map(labelIfRunning));
    });
  return (await Promise.all(labels)).flat().filter((label) => label !== undefined);
}

async function labelIfRunning(folder: string): Promise<string | undefined> {
  const keeper = await readSpool(folder, 'keeper.json');
  const runs = keeper !== undefined && 'pid' in keeper && (await isAlive(keeper));
  return runs ? (await readSpool(folder, 'command.json'))?.label : undefined;
}

const CALL = 'call_';
