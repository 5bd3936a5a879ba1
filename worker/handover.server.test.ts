/** The work of a killed worker is handed over, on a real Temporal server and without a timeout that would end it. */
import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Context } from '@temporalio/activity';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { expect, inject, onTestFinished, test } from 'vitest';
import { handOver } from './handover.ts';
import { journalsIn, openJournal, takeJournal } from './journal.ts';
import { watchSiblings } from './siblings.ts';

const address = inject('temporalAddress');
const start = {
  conversation: { tenant: 'default', id: 'c' },
  call_id: 'call_1',
  tool: 'wait',
  input: {},
};
const done = { type: 'completed', result: 'done' };

/** A tool that runs in another process and has sent a heartbeat to Temporal. */
async function running() {
  const folder = await mkdtemp(join(tmpdir(), 'meanwhile-workers-'));
  const taskQueue = `abandoned-${randomUUID()}`;
  const connection = await Connection.connect({ address });
  const client = new Client({ connection });
  const handle = await client.workflow.start('earlierCall', {
    taskQueue,
    workflowId: randomUUID(),
    args: [start, taskQueue],
  });
  const child = fork('test/kit/abandoned-worker.ts', [address, taskQueue, folder]);
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await handle.terminate().catch(() => {});
    await connection.close();
    await rm(folder, { recursive: true });
  });
  await once(child, 'message');
  await expect.poll(async () => (await pending(handle))?.heartbeatDetails != null).toBe(true);
  await handle.signal('nudge');
  await expect.poll(() => isKnownByHeart(handle), { timeout: 10_000 }).toBe(true);
  return { folder, taskQueue, client, handle, child };
}

const pending = async (handle: WorkflowHandle) =>
  (await handle.describe()).raw.pendingActivities?.[0];

/** True when the task that the signal caused is over. */
async function isKnownByHeart(handle: WorkflowHandle): Promise<boolean> {
  const { events } = await handle.fetchHistory();
  const tasks = events?.filter((event) => event.workflowTaskCompletedEventAttributes);
  return tasks!.length >= 2;
}

async function kill(child: ChildProcess) {
  const died = once(child, 'exit');
  child.kill('SIGKILL');
  await died;
}

/** Runs the tool to its end. Resolves with what its attempt begins with. */
async function heir(taskQueue: string) {
  const connection = await NativeConnection.connect({ address });
  const begun = Promise.withResolvers<{ attempt: number; heartbeatDetails: unknown }>();
  const worker = await Worker.create({
    connection,
    taskQueue,
    workflowsPath: fileURLToPath(new URL('../test/kit/earlier-call.ts', import.meta.url)),
    activities: {
      async runTool() {
        const { attempt, heartbeatDetails } = Context.current().info;
        begun.resolve({ attempt, heartbeatDetails });
        return done;
      },
    },
  });
  const worked = worker.run();
  onTestFinished(async () => {
    worker.shutdown();
    await worked;
    await connection.close();
  });
  return begun.promise;
}

test('the next worker goes on at once from the last heartbeat, and its workflow does not wait for the dead worker', async () => {
  const { folder, taskQueue, client, handle, child } = await running();
  const [name] = journalsIn(await readdir(folder));
  expect(takeJournal(folder, name!)).toBeUndefined();
  await kill(child);
  const taken = takeJournal(folder, name!)!;
  const { activities, stickyQueue } = await handOver(client, taken.left!);
  expect(activities).toMatchObject([{ workflow: { id: handle.workflowId } }]);
  expect(stickyQueue?.startsWith(`abandoned-${child.pid}-`)).toBe(true);
  expect(await pending(handle)).toMatchObject({
    lastFailure: { applicationFailureInfo: { type: 'WorkerLost' } },
  });
  taken.remove();
  taken.release();
  expect(await readdir(folder)).toEqual([]);

  expect(await heir(taskQueue)).toEqual({ attempt: 2, heartbeatDetails: { step: 3 } });
  // The task that receives it is scheduled now: it would wait a minute for the dead worker.
  expect(await handle.result()).toEqual(done);
});

test('an activity with a cancellation request is cancelled instead of retried', async () => {
  const { folder, client, handle, child } = await running();
  await handle.cancel();
  await expect
    .poll(async () => (await pending(handle))?.state, { timeout: 10_000 })
    .toBe(CANCEL_REQUESTED);
  await kill(child);
  const taken = takeJournal(folder, journalsIn(await readdir(folder))[0]!)!;
  expect((await handOver(client, taken.left!)).activities).toHaveLength(1);
  expect(await pending(handle)).toBeUndefined();
  taken.release();
});

/** `temporal.api.enums.v1.PendingActivityState` */
const CANCEL_REQUESTED = 3;

test('an attempt that is no longer the current one is left alone', async () => {
  const { folder, taskQueue, client, handle, child } = await running();
  await kill(child);
  const taken = takeJournal(folder, journalsIn(await readdir(folder))[0]!)!;
  await handOver(client, taken.left!);
  await heir(taskQueue);
  expect((await handOver(client, taken.left!)).activities).toEqual([]);
  expect(await handle.result()).toEqual(done);
  taken.release();
});

test('one of the siblings that find a dead worker hands over its work, and any of them retries a failure', async () => {
  const { folder, child } = await running();
  const journals = [1, 2].map((n) =>
    openJournal(folder, { identity: `heir-${n}`, namespace: 'default', boot: 'boot' }),
  );
  const handed: string[] = [];
  const tried = Promise.withResolvers<void>();
  const siblings = journals.map((own) =>
    watchSiblings(
      folder,
      own,
      async ({ identity }) => {
        handed.push(identity);
        if (handed.length === 1) throw new Error('Temporal is away.');
        tried.resolve();
      },
      () => {},
    ),
  );
  await kill(child);
  await tried.promise;
  await Promise.all(siblings.map((watch) => watch.close()));
  for (const journal of journals) journal.close();
  expect(handed).toEqual([`abandoned-${child.pid}`, `abandoned-${child.pid}`]);
  expect(await readdir(folder)).toEqual([]);
});
