/** A worker on a real Temporal server whose model and tools are played by the test. */
import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { NativeConnection } from '@temporalio/worker';
import type { Activities } from '../../activities/index.ts';
import type { RequestedCall } from '../../contract/call.ts';
import type { Failure } from '../../contract/entry.ts';
import type { Limits } from '../../contract/limits.ts';
import type { Store } from '../../store/store.ts';
import { createLocalBus } from '../../stream/bus.ts';
import { workflowBundle } from '../../worker/bundle.ts';
import { createResetNotices } from '../../worker/notice-resets.ts';
import { installRuntime } from '../../worker/runtime.ts';
import { type GoneWatch, watchForGone } from '../../worker/watch-for-gone.ts';
import { createWorkers, type Workers, type WorkLimits } from '../../worker/workers.ts';
import { createMemoryStore } from './memory-store.ts';
import { playActivities } from './played-activities.ts';
import { converse, type ConverseOptions } from './rig-conversation.ts';

/** How many entries of a kind there are, in the kinds of a log. */
export const count = (kinds: string[], kind: string) => kinds.filter((k) => k === kind).length;

export type Rig = Awaited<ReturnType<typeof createRig>>;

/** @param address host:port of the Temporal server */
export async function createRig(
  address: string,
  {
    store = createMemoryStore(),
    taskQueue = `test-${randomUUID()}`,
  }: { store?: Store; taskQueue?: string } = {},
) {
  installRuntime('ERROR');
  const native = await NativeConnection.connect({ address });
  const connection = await Connection.connect({ address });
  const client = new Client({ connection });
  const bus = createLocalBus();
  const all: { workers: Workers; running: Promise<void> }[] = [];

  const resets = createResetNotices({ client, store, warn: () => {} });
  const watches: GoneWatch[] = [];

  const played = playActivities({ client, store, bus });

  async function startWorker(
    overrides: Partial<Activities> = {},
    limits: Partial<WorkLimits> = {},
  ): Promise<Workers> {
    const options = {
      connection: native,
      taskQueue,
      workflowBundle: await workflowBundle('node_modules/.cache/meanwhile'),
      activities: { ...played.activities, ...overrides },
      sinks: resets.sinks,
      stickyQueueScheduleToStartTimeout: '500ms',
      maxHeartbeatThrottleInterval: '100ms',
      defaultHeartbeatThrottleInterval: '100ms',
    } as const;
    const workers = await createWorkers(options, {
      replies: 100,
      tools: 100,
      errands: 100,
      ...limits,
    });
    all.push({ workers, running: workers.run() });
    return workers;
  }

  return {
    address,
    taskQueue,
    client,
    store,
    bus,
    ...played,
    startWorker,
    failure: (message: string) => ApplicationFailure.nonRetryable(message, 'ModelUnavailable'),
    converse: (limits?: Partial<Limits>, options?: ConverseOptions) =>
      converse({ client, store, bus, taskQueue }, limits, options),
    /** Looks for what an operator has ended, as a service does. */
    watchForGone() {
      watches.push(watchForGone({ client, store, taskQueue, every_ms: 300 }));
    },
    async close() {
      for (const watch of watches) await watch.close();
      await resets.close();
      for (const { workers } of all) workers.shutdown();
      await Promise.allSettled(all.map(({ running }) => running));
      await connection.close();
      await native.close();
    },
  };
}

/** For calls that a scripted model asks for. */
export function asks(tool: string, input: unknown = {}, problem?: Failure): RequestedCall {
  const call_id = `call_${randomUUID().slice(0, 8)}`;
  return { call_id, tool, input, ...(problem && { problem }) };
}
