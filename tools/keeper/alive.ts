/** Whether anything runs in a spool. A program may outlive its keeper. */
import { isAlive } from '../process-identity.ts';
import { readSpool } from './spool.ts';

/** True while the program runs, or the keeper, which may be about to start the program or to record its end. */
export async function isSpoolLive(folder: string): Promise<boolean> {
  const files = await Promise.all([
    readSpool(folder, 'program.json'),
    readSpool(folder, 'keeper.json'),
  ]);
  for (const file of files) if (file && 'pid' in file && (await isAlive(file))) return true;
  return false;
}

/** True while the spool is live and the end of its program is not recorded. */
export const isSpoolOpen = async (folder: string): Promise<boolean> =>
  (await readSpool(folder, 'exit.json')) === undefined && (await isSpoolLive(folder));
