/**
 * Outlives a test run that is killed, and then ends its service, which is in a group of its own, with its Temporal server. The
 * run holds the other end of our standard input, which the system closes when it dies.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readRecord } from '../../cli/temporal/record.ts';
import { terminate } from '../../cli/processes.ts';
import { signalProcess } from '../../tools/process-group.ts';
import { removeFolder } from './remove-folder.ts';

const [home] = process.argv.slice(2);
if (home === undefined) throw new Error('usage: service-guard.ts <home>');

process.stdin.resume().once('end', () => void clear(home));

async function clear(home: string): Promise<void> {
  const pid = await servicePid(home);
  if (pid !== undefined) signalProcess(-pid, 'SIGKILL');
  const server = await readRecord(home);
  if (server) await terminate(server, 1_000);
  await removeFolder(home);
}

/** As the service's lock on its home says. Undefined if none runs. */
async function servicePid(home: string): Promise<number | undefined> {
  try {
    return JSON.parse(await readFile(join(home, 'service.json'), 'utf8')).pid;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
