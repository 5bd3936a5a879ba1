/**
 * A worker that stands still where its parent tells it to, so that something can be done to it there. Everything else is
 * `meanwhile worker`.
 * Argument: file of the workflows' bundle, made with test/chaos/continue-as-new.ts.
 */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientInterceptors } from '@temporalio/client';
import { startWorkerRole } from '../../cli/worker.ts';
import { readConfig } from '../../config.ts';
import { SIGNALS } from '../../contract/names.ts';
import type { Store } from '../../store/store.ts';
import type { WorkerOptions } from '../../worker/options.ts';
import type { FromWorker, Place, ToWorker } from './places.ts';

const [codePath = ''] = process.argv.slice(2);
const tell = (message: FromWorker) => process.send?.(message);

const armed = new Set<Place>();
/** Those that stand still. */
const standing = new Set<() => void>();
process.on('message', (message: ToWorker) => {
  switch (message.type) {
    case 'arm':
      armed.add(message.place);
      return;
    case 'disarm':
      armed.delete(message.place);
      return;
    case 'go':
      for (const go of standing) go();
  }
});

/** The parent may have something to do first. */
const LONGEST_WAIT_MS = 3_000;

async function at(place: Place, conversation: string): Promise<void> {
  if (!armed.delete(place)) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  standing.add(resolve);
  tell({ type: 'reached', place, conversation });
  await Promise.race([promise, sleep(LONGEST_WAIT_MS)]);
  standing.delete(resolve);
}

/** `conversation/<tenant>/<id>` */
const idIn = (workflowId: string) => workflowId.split('/').at(-1)!;

const client: ClientInterceptors = {
  workflow: [
    {
      async signal(input, next) {
        const conversation = idIn(input.workflowExecution.workflowId);
        if (input.signalName !== SIGNALS.callEvent) return next(input);
        await at('checkpoint, no signal', conversation);
        await next(input);
        await at('signal, no heartbeat', conversation);
        await at('sent, not recorded', conversation);
      },
    },
  ],
};

function disturb(store: Store): Partial<WorkerOptions> {
  return {
    bundle: { codePath },
    store: {
      ...store,
      async record(batch, options) {
        const recorded = await store.record(batch, options);
        await at('recorded, not committed', batch.conversation.id);
        return recorded;
      },
      async appendDraft(conversation, draft) {
        const wanted = await store.appendDraft(conversation, draft);
        await at('the model streams', conversation.id);
        return wanted;
      },
    },
    interceptors: { client },
    sinks: {
      faults: {
        continueAsNew: { fn: ({ workflowId }) => at('continue as new', idIn(workflowId)) },
      },
    },
  };
}

const options = { log: console.log };
const running = await startWorkerRole(readConfig(), options, disturb);
running.failed.catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
tell({ type: 'ready' });

// Told to stop, or the run itself is gone.
await Promise.race([once(process, 'SIGTERM'), once(process, 'disconnect')]);
await running.close();
process.exit();
