/**
 * A worker that writes its journal and is killed by its parent while its tool runs. It holds on to its workflows for a minute, and its
 * activities have no heartbeat timeout: no worker would continue them for long.
 * Arguments: address of the Temporal server, task queue, folder of the journals.
 */
import { Context } from '@temporalio/activity';
import { NativeConnection, Worker } from '@temporalio/worker';
import { fileURLToPath } from 'node:url';
import { openJournal } from '../../worker/journal.ts';
import { journalled } from '../../worker/journalled.ts';
import { installRuntime } from '../../worker/runtime.ts';

const [address = '', taskQueue = '', folder = ''] = process.argv.slice(2);
installRuntime('ERROR');
const identity = `abandoned-${process.pid}`;
const journal = openJournal(folder, { identity, namespace: 'default', boot: 'boot' });
const worker = await Worker.create({
  connection: await NativeConnection.connect({ address }),
  taskQueue,
  identity,
  workflowsPath: fileURLToPath(new URL('earlier-call.ts', import.meta.url)),
  stickyQueueScheduleToStartTimeout: '1 minute',
  interceptors: { activity: [journalled(journal)] },
  activities: {
    async runTool() {
      Context.current().heartbeat({ step: 3 });
      process.send?.('running');
      await Promise.withResolvers<void>().promise;
    },
  },
});
await worker.run();
