/** Whether anything runs in a spool. A keeper may be killed without its program. */
import { isAlive } from '../process-identity.ts';
import { readSpool } from './spool.ts';

/** Whether its program runs, or a keeper that may be about to start it, or to record its end. */
export async function isSpoolLive(folder: string): Promise<boolean> {
  const files = await Promise.all([
    readSpool(folder, 'program.json'),
    readSpool(folder, 'keeper.json'),
  ]);
  for (const file of files) if (file && 'pid' in file && (await isAlive(file))) return true;
  return false;
}

/** As above, and its end is not recorded. */
export const isSpoolOpen = async (folder: string): Promise<boolean> =>
  (await readSpool(folder, 'exit.json')) === undefined && (await isSpoolLive(folder));
