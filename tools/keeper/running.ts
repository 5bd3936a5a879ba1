import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { attemptsIn } from './attempts.ts';
import { isAlive } from '../process-identity.ts';
import { readSpool } from './spool.ts';
import { callOfSpool } from './spools.ts';

/**
 * Labels of the calls on this host that run under a keeper, of all tenants.
 * @param root contains a folder for each call, and folders of other things, such as hosts of MCP servers
 */
export const runningIn = (root: string): Promise<string[]> => labelsOfCalls(root, labelIfRunning);

/**
 * What `labelOf` returns for the folders of all attempts of all calls.
 * @param labelOf undefined for a folder that is left out
 */
export async function labelsOfCalls(
  root: string,
  labelOf: (folder: string) => Promise<string | undefined>,
): Promise<string[]> {
  const names = await readdir(root).catch(() => []);
  const labels = names
    .filter((name) => callOfSpool(name) !== undefined)
    .map(async (name) => {
      const call = join(root, name);
      const attempts = await attemptsIn(call).catch(() => []);
      return Promise.all([call, ...attempts].map(labelOf));
    });
  return (await Promise.all(labels)).flat().filter((label) => label !== undefined);
}

async function labelIfRunning(folder: string): Promise<string | undefined> {
  const keeper = await readSpool(folder, 'keeper.json');
  const runs = keeper !== undefined && 'pid' in keeper && (await isAlive(keeper));
  return runs ? (await readSpool(folder, 'command.json'))?.label : undefined;
}
