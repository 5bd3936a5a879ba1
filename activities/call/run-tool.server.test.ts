import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { callWorkflowId } from '../../contract/names.ts';
import type { CallEnd, CallEventSignal } from '../../contract/signals.ts';
import { createMemoryStore } from '../../test/kit/memory-store.ts';
import type { CallContext, LocalTool } from '../../tools/define.ts';
import { workflowBundle } from '../../worker/bundle.ts';
import { installRuntime } from '../../worker/runtime.ts';
import { createWorkers } from '../../worker/workers.ts';
import type { Activities } from '../index.ts';
import { callDependencies } from '../../test/kit/played-call.ts';
import { createCallServer } from './call-server.ts';
import { createDescribeTools } from './describe-tools.ts';
import { createLiveCalls } from './live-calls.ts';
import { createRunTool } from './run-tool.ts';

let native: NativeConnection;
let connection: Connection;
beforeAll(async () => {
  installRuntime('ERROR');
  const address = inject('temporalAddress');
  native = await NativeConnection.connect({ address });
  connection = await Connection.connect({ address });
});
afterAll(async () => {
  await connection.close();
  await native.close();
});

/** A call of a tool, as the conversation would start it, and what the conversation is told. */
async function call(run: LocalTool['run']) {
  const taskQueue = `test-${randomUUID()}`;
  const call_id = `call_${randomUUID()}`;
  const told: CallEventSignal[] = [];
  const tool: LocalTool = {
    name: 'play',
    description: 'Plays.',
    input: z.object({}),
    results: { min: 0, max: 'many' },
    run,
  };
  const catalogue = { tools: new Map([['play', tool]]), agents: new Map() };
  const store = createMemoryStore();
  const client = new Client({ connection });
  const activities = {
    describeTool: createDescribeTools({ catalogue, settings: {} }),
    runTool: createRunTool(
      createLiveCalls({
        ...callDependencies(store),
        server: createCallServer(client),
        catalogue,
        signalConversation: async (_, event) => void told.push(event),
      }),
    ),
  };
  const handle = await client.workflow.start('call', {
    taskQueue,
    workflowId: callWorkflowId('default', call_id),
    args: [{ conversation: { tenant: 'default', id: 'gone' }, call_id, tool: 'play', input: {} }],
  });
  return {
    handle,
    told,
    end: () => handle.result() as Promise<CallEnd>,
    async startWorker() {
      const options = {
        connection: native,
        taskQueue,
        workflowBundle: await workflowBundle('node_modules/.cache/meanwhile'),
        activities: activities as unknown as Activities,
        maxHeartbeatThrottleInterval: '200ms',
        stickyQueueScheduleToStartTimeout: '500ms',
        shutdownGraceTime: 1,
      } as const;
      const workers = await createWorkers(options, { replies: 9, tools: 9, errands: 9 });
      const running = workers.run();
      return async () => {
        workers.shutdown();
        await running;
      };
    },
  };
}

test('a worker that shuts down hands over the call, which resumes from its checkpoint and tells nothing twice', async () => {
  const attempts: unknown[] = [];
  const waiting = Promise.withResolvers<void>();
  const started = await call(async function* (_: unknown, tool: CallContext) {
    attempts.push(tool.checkpoint);
    for (let step = ((tool.checkpoint as number) ?? 0) + 1; step <= 4; step += 1) {
      yield tool.progress(step * 25);
      yield tool.result(`result ${step}`, { checkpoint: step });
      if (step === 2 && attempts.length === 1) {
        waiting.resolve();
        await sleep(1e8, undefined, { signal: tool.signal });
      }
    }
    return 'done';
  });

  const stop = await started.startWorker();
  await waiting.promise;
  await stop();
  const stopNext = await started.startWorker();
  expect(await started.end()).toEqual({ type: 'completed', result: 'done' });
  await stopNext();

  expect(attempts).toEqual([undefined, 2]);
  expect(started.told.map(({ n, percent, data }) => [n, percent ?? data])).toEqual([
    [1, 25],
    [2, 'result 1'],
    [3, 50],
    [4, 'result 2'],
    [5, 75],
    [6, 'result 3'],
    [7, 100],
    [8, 'result 4'],
  ]);
});

test('a cancelled call is over only when its tool has stopped', async () => {
  const waiting = Promise.withResolvers<void>();
  const stopping = Promise.withResolvers<void>();
  const stopped = Promise.withResolvers<void>();
  const started = await call(async (_: unknown, { signal }: CallContext) => {
    try {
      waiting.resolve();
      await sleep(1e8, undefined, { signal });
    } finally {
      stopping.resolve();
      await stopped.promise;
    }
  });
  const stop = await started.startWorker();
  await waiting.promise;
  await started.handle.cancel();
  await stopping.promise;
  expect((await started.handle.describe()).status.name).toBe('RUNNING');
  stopped.resolve();
  expect(await started.end()).toEqual({ type: 'cancelled' });
  await stop();
});
