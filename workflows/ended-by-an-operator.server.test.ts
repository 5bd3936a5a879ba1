/** Conversations and calls that an operator terminates or cancels in Temporal, bypassing the service. */
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { callWorkflowId } from '../contract/names.ts';
import type { CallStart } from '../contract/call.ts';
import { createMailbox } from '../test/kit/mailbox.ts';
import { asks, count, createRig, type Rig } from '../test/kit/rig.ts';

const address = inject('temporalAddress');
const stopped = createMailbox<CallStart>('a program is stopped');
const describeTool = async (name: string) => ({
  kind: 'local' as const,
  timeout_ms: 60_000,
  restart: 'reattach' as const,
  keeps: true as const,
  slots: name === 'scarce' ? { tool: 1 } : undefined,
});
const stopProgram = async (start: CallStart) => stopped.put(start);

let rig: Rig;
beforeAll(async () => {
  rig = await createRig(address);
  await rig.startWorker({ describeTool, stopProgram });
  rig.watchForGone();
});
afterAll(() => rig.close());

async function withRunningTool(tool = 'run_installer', on = rig) {
  const conversation = await on.converse();
  await conversation.say('install alpha');
  const call = asks(tool, { package: 'alpha' });
  (await on.asked()).says('Starting.', call);
  const running = await on.running();
  await conversation.until('it says so', (k) => k.includes('call.started'));
  const workflow = on.client.workflow.getHandle(callWorkflowId('default', call.call_id));
  return { ...conversation, call_id: call.call_id, running, workflow };
}

describe('a conversation that is terminated', () => {
  test('is closed with all that was open in it, and its calls end', async () => {
    const { say, handle, until, key, call_id, workflow } = await withRunningTool();
    await say('tell me a story');
    await rig.asked();
    await handle.terminate('by hand');
    const log = await until('it is closed', (k) => k.includes('conversation.closed'));
    const since = log.slice(log.findIndex(({ kind }) => kind === 'reply.interrupted'));
    const operator = { type: 'system', id: 'operator' };
    expect(since).toMatchObject([
      { kind: 'reply.interrupted', reply_id: 'reply_2', by: 'close', actor: operator },
      { kind: 'call.cancelled', call_id, by: 'close', actor: operator },
      { kind: 'conversation.closed', why: 'terminated', actor: operator },
    ]);
    expect(await rig.store.conversation(key)).toMatchObject({
      status: 'closed',
      calls: [{ id: call_id, status: 'cancelled', ended_at: expect.any(String) }],
    });
    expect(await workflow.result()).toEqual({ type: 'cancelled' });
    expect((await stopped.take()).call_id).toBe(call_id);
  });

  test('keeps the messages that were sent to it and never processed', async () => {
    const own = await createRig(address);
    onTestFinished(() => own.close());
    const conversation = await own.converse();
    await conversation.say('Nobody works.', { author: 'ann' });
    await conversation.interrupt({
      scope: 'all',
      message: { message_id: 'msg_2', text: 'Nobody at all.' },
    });
    const { handle, key } = conversation;
    await handle.terminate('by hand');
    const closed = await own.activities.closeGone(key, false);
    // The API has made it known before it was started.
    expect(closed).toBe(false);
    await own.store.open(key, { agent: 'default', metadata: {}, at: new Date().toISOString() });
    expect(await own.activities.closeGone(key, false)).toBe(true);
    expect(await own.store.window(key, { from: 1, to: 9 })).toMatchObject([
      { kind: 'message.user', text: 'Nobody works.', actor: { type: 'user', id: 'ann' } },
      { kind: 'message.user', text: 'Nobody at all.' },
      { kind: 'conversation.closed', why: 'terminated' },
    ]);
    expect(await own.activities.closeGone(key, false)).toBe(true);
  });

  test('is closed only when it no longer runs, and when Temporal does not know it only on request', async () => {
    const { key, say, until } = await rig.converse();
    await say('hello');
    (await rig.asked()).says('Hello!');
    const before = await until('it is answered', (k) => k.includes('reply.completed'));
    expect(await rig.activities.closeGone(key, true)).toBe(false);
    expect(await rig.store.window(key, { from: 1, to: 9 })).toEqual(before);

    const lost = { tenant: 'default', id: 'conv_of_another_server' };
    await rig.store.open(lost, { agent: 'default', metadata: {}, at: new Date().toISOString() });
    expect(await rig.activities.closeGone(lost, false)).toBe(false);
    expect(await rig.activities.closeGone(lost, true)).toBe(true);
    expect(await rig.store.window(lost, { from: 1, to: 9 })).toMatchObject([{ why: 'lost' }]);
  });
});

test('a conversation that an operator cancels in Temporal closes in an orderly way and loses nothing', async () => {
  const { say, handle, until, call_id, workflow } = await withRunningTool();
  await say('one more thing');
  await rig.asked();
  await handle.cancel();
  await handle.result();
  const log = await until('it is closed', (k) => k.includes('conversation.closed'));
  expect(log.filter(({ kind }) => kind === 'message.user')).toHaveLength(2);
  expect(log.find(({ kind }) => kind === 'call.cancelled')).toMatchObject({ call_id, by: 'close' });
  expect(log.at(-1)).toMatchObject({
    kind: 'conversation.closed',
    why: 'cancelled',
    actor: { type: 'system', id: 'operator' },
  });
  expect(await workflow.result()).toEqual({ type: 'cancelled' });
  expect((await stopped.take()).call_id).toBe(call_id);
});

describe('a call that is terminated', () => {
  test('fails in its conversation, where the model is told, and its program stops', async () => {
    const { until, call_id, workflow, close } = await withRunningTool();
    await workflow.terminate('by hand');
    const log = await until('it fails', (k) => k.includes('call.failed'));
    expect(log.find(({ kind }) => kind === 'call.failed')).toMatchObject({
      call_id,
      error: { type: 'CallTerminated' },
    });
    expect((await stopped.take()).call_id).toBe(call_id);
    const told = await rig.asked();
    expect(told.request).toMatchObject({ because: expect.stringMatching(/news|results/) });
    told.says('It was terminated.');
    const whole = await until('that is told', (k) => k.includes('receipt'));
    expect(
      count(
        whole.map(({ kind }) => kind),
        'call.failed',
      ),
    ).toBe(1);
    await close({});
  });

  test('fails in a later run of its conversation too, and releases its slot', async () => {
    const own = await createRig(address);
    onTestFinished(() => own.close());
    await own.startWorker({ describeTool, stopProgram });
    const conversation = await own.converse({ max_history_events: 10 });
    const call = asks('scarce');
    await conversation.say('go');
    (await own.asked()).says('Starting.', call);
    await own.running();
    const { handle } = conversation;
    const runs = async () =>
      (await own.client.workflow.getHandle(handle.workflowId).describe()).runId;
    await conversation.say('hello');
    (await own.asked()).says('Hello!');
    await expect.poll(runs, { timeout: 20_000 }).not.toBe(handle.firstExecutionRunId);
    await own.client.workflow.getHandle(callWorkflowId('default', call.call_id)).terminate();
    own.watchForGone();
    const log = await conversation.until('it fails', (k) => k.includes('call.failed'));
    expect(log.find(({ kind }) => kind === 'call.failed')).toMatchObject({
      call_id: call.call_id,
      error: { type: 'CallTerminated' },
    });
    const queue = { tenant: 'default', queue: 'tool/scarce' };
    await expect.poll(() => own.store.firstInQueue(queue, 9), { timeout: 10_000 }).toEqual([]);
    await conversation.close({});
  });
});
