/** Each kind of work has its own task queue, and none waits for another. */
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { NativeConnection, Worker } from '@temporalio/worker';
import { expect, inject, onTestFinished, test } from 'vitest';
import { asks, createRig, type Rig } from '../test/kit/rig.ts';

const address = inject('temporalAddress');
const done = { type: 'completed', result: 'done' } as const;

/** @param beside a rig with the same store and task queues */
async function rigOf(beside?: Rig): Promise<Rig> {
  const rig = await createRig(address, beside);
  onTestFinished(() => rig.close());
  return rig;
}

/** A conversation whose model has asked for one call. */
async function callOf(rig: Rig) {
  const conversation = await rig.converse();
  await conversation.say('go');
  const call = asks('wait');
  (await rig.asked()).says('Going.', call);
  return { ...conversation, call };
}

test('replies and the logs of other conversations go on while every place for tools is taken', async () => {
  const rig = await rigOf();
  await rig.startWorker({}, { tools: 1, replies: 1 });
  await callOf(rig);
  await rig.running();
  const waiting = await callOf(rig);
  await waiting.until('it is started', (kinds) => kinds.includes('call.started'));
  const other = await rig.converse();
  await other.say('Hello.');
  (await rig.asked()).says('Hello!');
  await other.until('it is answered', (kinds) => kinds.includes('reply.completed'));
});

test('a call that waits for a place goes to the first worker that has one', async () => {
  const rig = await rigOf();
  await rig.startWorker({}, { tools: 1 });
  await callOf(rig);
  await rig.running();
  const waiting = await callOf(rig);
  await waiting.until('it is started', (kinds) => kinds.includes('call.started'));
  const heir = await rigOf(rig);
  await heir.startWorker({}, { tools: 1 });
  const next = await heir.running();
  expect(next.start.call_id).toBe(waiting.call.call_id);
  next.ends(done);
});

test('a tool that an earlier version put into the general queue still runs', async () => {
  const rig = await rigOf();
  await rig.startWorker();
  const connection = await NativeConnection.connect({ address });
  const taskQueue = `earlier-${randomUUID()}`;
  const earlier = await Worker.create({
    connection,
    taskQueue,
    workflowsPath: fileURLToPath(new URL('../test/kit/earlier-call.ts', import.meta.url)),
  });
  const start = { conversation: { tenant: 'default', id: 'c' }, ...asks('wait') };
  await earlier.runUntil(async () => {
    const ended = rig.client.workflow.execute('earlierCall', {
      taskQueue,
      workflowId: randomUUID(),
      args: [start, rig.taskQueue],
    });
    const tool = await rig.running();
    expect(tool.start).toEqual(start);
    tool.ends(done);
    expect(await ended).toEqual(done);
  });
  await connection.close();
});
