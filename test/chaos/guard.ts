/**
 * Outlives a run that is killed, and then ends its processes. The run holds the other end of our standard input, which the
 * system closes when it dies. PostgreSQL has a guard of its own.
 */
import { signalProcess } from '../../tools/process-group.ts';
import { processesOf } from './processes.ts';

const [home] = process.argv.slice(2);
if (home === undefined) throw new Error('usage: guard.ts <home>');

process.stdin.resume().once('end', () => void clear(home));

async function clear(home: string): Promise<void> {
  for (const { pid } of await processesOf(home)) signalProcess(pid, 'SIGKILL');
}
