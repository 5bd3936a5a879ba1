/**
 * Outlives a test run that is killed, and then ends its Temporal server: the server is detached and would outlive the run.
 * The run holds the other end of our standard input, which the system closes when it dies.
 */
import { readRecord } from '../../cli/temporal/record.ts';
import { terminate } from '../../cli/processes.ts';
import { removeFolder } from './remove-folder.ts';

const [home] = process.argv.slice(2);
if (home === undefined) throw new Error('usage: temporal-guard.ts <home>');

process.stdin.resume().once('end', () => void clear(home));

async function clear(home: string): Promise<void> {
  const record = await readRecord(home);
  if (record) await terminate(record, 1_000);
  await removeFolder(home);
}
