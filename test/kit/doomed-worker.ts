/**
 * A worker that is killed where it is told to be:
 * - `in-reply`: as the first reply begins, before it has written what rode on it;
 * - `in-record`: between the log and the commit. It says `asked` to its parent when the reply before has begun;
 * - `in-committed-record`: before the write that its task committed. It says `recording` before the first write, which waits for
 *   an answer, and is killed after that one.
 * Arguments: address of the Temporal server, task queue, folder of the store, one of these.
 */
import { once } from 'node:events';
import { NativeConnection, Worker } from '@temporalio/worker';
import { createRecord } from '../../activities/log/record.ts';
import { openStore } from '../../store/open.ts';
import { createLocalBus } from '../../stream/bus.ts';
import { workflowBundle } from '../../worker/bundle.ts';

const [address = '', taskQueue = '', folder = '', place = ''] = process.argv.slice(2);
const store = await openStore({ folder });
const record = createRecord({ store, bus: createLocalBus() });
let records = 0;
const late = Promise.withResolvers<void>();
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
    async record(batch: Parameters<typeof record>[0]) {
      records += 1;
      if (place === 'in-committed-record' && records === 1) {
        process.send?.('recording');
        await once(process, 'message');
        await record(batch);
        return late.resolve();
      }
      await record(batch);
      die();
    },
    async recordCommitted() {
      await late.promise;
      die();
    },
  },
});
await worker.run();
