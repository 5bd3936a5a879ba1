/** The thread of the store, which also ends at the message `die`, as by an error in PGlite. */
import { parentPort } from 'node:worker_threads';

parentPort!.on('message', (message: unknown) => {
  if (message === 'die') throw new RangeError('it was told to die');
});
await import('../../store/pglite-thread.ts');
