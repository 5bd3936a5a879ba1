/** On a real server, a tool begins once even if attempts are lost or an operator resets the workflow of its call. */
import { Context } from '@temporalio/activity';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { callWorkflowId } from '../../contract/names.ts';
import type { CallStart } from '../../contract/call.ts';
import type { CallEnd } from '../../contract/signals.ts';
import { createMemoryStore } from '../../test/kit/memory-store.ts';
import { callDependencies } from '../../test/kit/played-call.ts';
import type { CallContext, LocalTool } from '../../tools/define.ts';
import { workflowBundle } from '../../worker/bundle.ts';
import { createWorkers } from '../../worker/workers.ts';
import type { Activities } from '../index.ts';
import { installRuntime } from '../../worker/runtime.ts';
import { createCallServer } from './call-server.ts';
import { createDescribeTools } from './describe-tools.ts';
import { createHolder } from './holder.ts';
import { createLiveCalls } from './live-calls.ts';
import { createRunTool } from './run-tool.ts';

let client: Client;
beforeAll(async () => {
  installRuntime('ERROR');
  const address = inject('temporalAddress');
  client = new Client({ connection: await Connection.connect({ address }) });
});
afterAll(async () => {
  await client.connection.close();
});

/** One call, whose tool the test ends, and any number of workers that share only the store. */
async function stage(more: Partial<LocalTool> = {}) {
  const taskQueue = `test-${randomUUID()}`;
  const call_id = `call_${randomUUID()}`;
  const store = createMemoryStore();
  const begun: CallContext[] = [];
  const tokens: Uint8Array[] = [];
  const started = Promise.withResolvers<void>();
  const end = Promise.withResolvers<unknown>();
  const tool: LocalTool = {
    name: 'play',
    description: 'Plays.',
    input: z.object({}),
    async run(_, call) {
      begun.push(call);
      started.resolve();
      call.signal.addEventListener('abort', () => end.reject(call.signal.reason));
      return end.promise;
    },
    ...more,
  };
  const catalogue = { tools: new Map([['play', tool]]), agents: new Map() };

  async function startWorker() {
    // Each worker has its own connection: two workers of one connection cannot share a task queue.
    const native = await NativeConnection.connect({ address: inject('temporalAddress') });
    const calls = createLiveCalls({
      ...callDependencies(store),
      holder: createHolder({
        store,
        who: { place: '', pid: 0, began: '' },
        isDead: async () => false,
        alone: false,
        warn: () => {},
      }),
      server: createCallServer(client),
      catalogue,
      beat_ms: 100,
    });
    const activities = {
      describeTool: createDescribeTools({ catalogue, settings: {} }),
      runTool: (start: CallStart) => {
        tokens.push(Context.current().info.taskToken);
        return createRunTool(calls)(start);
      },
    };
    const options = {
      connection: native,
      taskQueue,
      workflowBundle: await workflowBundle('node_modules/.cache/meanwhile'),
      activities: activities as unknown as Activities,
      maxHeartbeatThrottleInterval: '100ms',
      defaultHeartbeatThrottleInterval: '100ms',
      stickyQueueScheduleToStartTimeout: '500ms',
      shutdownGraceTime: 1,
    } as const;
    const workers = await createWorkers(options, { replies: 9, tools: 9, errands: 9 });
    const running = workers.run();
    const stop = async () => {
      workers.shutdown();
      await running;
      await calls.close();
      await native.close();
    };
    onTestFinished(stop);
    return stop;
  }

  const handle = await client.workflow.start('call', {
    taskQueue,
    workflowId: callWorkflowId('default', call_id),
    args: [{ conversation: { tenant: 'default', id: 'gone' }, call_id, tool: 'play', input: {} }],
  });
  return {
    call: { tenant: 'default', call_id },
    handle,
    tokens,
    begun,
    startWorker,
    started: started.promise,
    ends: end.resolve,
    end: () => client.workflow.getHandle(handle.workflowId).result() as Promise<CallEnd>,
  };
}

/** Resets as an operator does: everything after the first task is discarded. */
async function reset({ workflowId }: WorkflowHandle): Promise<void> {
  const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
  const { runId } = (await client.workflow.getHandle(workflowId).describe()) as { runId: string };
  const task = events!.find(({ workflowTaskCompletedEventAttributes: done }) => done)!;
  await client.workflowService.resetWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId, runId },
    workflowTaskFinishEventId: task.eventId,
    requestId: randomUUID(),
    reason: 'A test resets it.',
  });
}

test.each([
  ['the worker that runs its tool', 1],
  ['either of two', 2],
])(
  'a call whose workflow is reset while its tool runs keeps that tool, when it is given to %s',
  async (_, workers) => {
    const { handle, begun, started, startWorker, ends, end } = await stage({ restart: 'fail' });
    for (let count = 0; count < workers; count++) await startWorker();
    await started;
    await reset(handle);
    // The new run has been given to a worker when its activity has an attempt.
    await expect
      .poll(
        async () => {
          const { raw } = await client.workflow.getHandle(handle.workflowId).describe();
          const [activity] = raw.pendingActivities ?? [];
          // A heartbeat of the new run shows that the tool's own process reports to it.
          return activity?.lastHeartbeatTime !== null && activity?.attempt;
        },
        { timeout: 20_000 },
      )
      .toBe(1);
    ends('done');
    expect(await end()).toEqual({ type: 'completed', result: 'done' });
    expect(begun).toHaveLength(1);
  },
);

test('a reset does not run an ended call again, and its end stays the same', async () => {
  const { handle, begun, started, startWorker, ends, end } = await stage();
  await startWorker();
  await startWorker();
  await started;
  ends('done');
  expect(await end()).toEqual({ type: 'completed', result: 'done' });
  await reset(handle);
  expect(await end()).toEqual({ type: 'completed', result: 'done' });
  expect(begun).toHaveLength(1);
});

test('a call that is terminated stops its tool', async () => {
  const { handle, begun, started, startWorker } = await stage();
  await startWorker();
  await started;
  await handle.terminate('A test terminates it.');
  await expect.poll(() => begun[0]!.signal.aborted, { timeout: 20_000 }).toBe(true);
  expect(begun[0]!.handsOver).toBe(false);
});

test('a call that is cancelled after a reset is cancelled where its tool runs', async () => {
  const { handle, begun, started, startWorker, end } = await stage();
  await startWorker();
  await startWorker();
  await started;
  await reset(handle);
  await client.workflow.getHandle(handle.workflowId).cancel();
  expect(await end()).toEqual({ type: 'cancelled' });
  await expect.poll(() => begun.every(({ signal }) => signal.aborted)).toBe(true);
  expect(begun).toHaveLength(1);
});

test('the server knows how far a call is, and that there is nothing to know of one that is over', async () => {
  const go = Promise.withResolvers<void>();
  const { call, startWorker, end } = await stage({
    async *run(_, { progress }) {
      yield progress(1, undefined, { checkpoint: 7 });
      await go.promise;
    },
  });
  const server = createCallServer(client);
  await startWorker();
  await expect
    .poll(() => server.lastBeat(call), { timeout: 20_000 })
    .toMatchObject({ checkpoint: 7 });
  go.resolve();
  await end();
  expect(await server.lastBeat(call)).toBeUndefined();
  expect(await server.lastBeat({ ...call, call_id: 'call_unknown' })).toBeUndefined();
});

test('the server tells an attempt that it is current, that it was cancelled, and that it is over', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { handle, tokens, startWorker, end } = await stage({ run: () => promise });
  const { stateOf } = createCallServer(client);
  await startWorker();
  await expect.poll(() => tokens.length, { timeout: 20_000 }).toBe(1);
  expect(await stateOf(tokens[0]!, undefined)).toBe('current');
  await handle.cancel();
  await expect.poll(() => stateOf(tokens[0]!, undefined), { timeout: 20_000 }).toBe('cancelled');
  resolve();
  await end();
  expect(await stateOf(tokens[0]!, undefined)).toBe('not_current');
});
