/**
 * A worker that is killed where it is told to be:
 * - `in-reply`: as the first reply begins, before it has written what rode on it;
 * - `in-record`: between the log and the commit. It says `asked` to its parent when the reply before has begun.
 * Arguments: address of the Temporal server, task queue, folder of the store, one of these.
 */
import { NativeConnection, Worker } from '@temporalio/worker';
import type { Batch } from '../contract/batch.ts';
import { openStore } from '../store/open.ts';
import { workflowBundle } from '../worker/bundle.ts';

const [address = '', taskQueue = '', folder = '', place = ''] = process.argv.slice(2);
const store = await openStore({ folder });
const die = () => process.kill(process.pid, 'SIGKILL');
const worker = await Worker.create({
  connection: await NativeConnection.connect({ address }),
  taskQueue,
  workflowBundle: await workflowBundle('node_modules/.cache/meanwhile'),
  stickyQueueScheduleToStartTimeout: '500ms',
  activities: {
    async generateReply() {
      if (place === 'in-reply') die();
      process.send?.('asked');
      await Promise.withResolvers<void>().promise;
    },
    async record(batch: Batch) {
      await store.record(batch);
      die();
    },
  },
});
await worker.run();
