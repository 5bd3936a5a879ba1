/**
 * A worker that is killed between the log and the commit: it writes the first batch, and dies.
 * Arguments: address of the Temporal server, task queue, folder of the store.
 */
import { NativeConnection, Worker } from '@temporalio/worker';
import { openStore } from '../store/open.ts';
import type { Batch } from '../store/store.ts';
import { workflowBundle } from '../worker/bundle.ts';

const [address = '', taskQueue = '', folder = ''] = process.argv.slice(2);
const store = await openStore({ folder });
const worker = await Worker.create({
  connection: await NativeConnection.connect({ address }),
  taskQueue,
  workflowBundle: await workflowBundle('node_modules/.cache/meanwhile'),
  activities: {
    async record(batch: Batch) {
      await store.record(batch);
      process.kill(process.pid, 'SIGKILL');
    },
  },
});
await worker.run();
