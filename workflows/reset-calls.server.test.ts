/** The calls of a conversation that an operator resets: none is started twice, and none runs on unseen. */
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { Worker } from '@temporalio/worker';
import { callWorkflowId } from '../contract/names.ts';
import { type RigConversation, resetsOf } from '../test/kit/resets.ts';
import { asks, createRig, type Rig } from '../test/kit/rig.ts';
import { workflowBundle } from '../worker/bundle.ts';

let rig: Rig;
/** The ids of the calls whose tools ran, once for each run. */
const ran: string[] = [];
beforeAll(async () => {
  rig = await createRig(inject('temporalAddress'));
  await rig.startWorker({
    runTool(start) {
      ran.push(start.call_id);
      return rig.activities.runTool(start);
    },
  });
});
afterAll(() => rig.close());

const { answered, askedIn, logOf, reset, taskBefore, taskOfReply, tasksOf } = resetsOf(() => rig);

async function withCall(conversation: RigConversation, more: object = {}) {
  await conversation.say('pay Ann');
  const call = { ...asks('send_payment', { to: 'Ann' }), ...more };
  (await askedIn(conversation)).says('I pay.', call);
  const workflow = rig.client.workflow.getHandle(callWorkflowId('default', call.call_id));
  return { call_id: call.call_id, workflow };
}

const done = { type: 'completed', result: 'paid' } as const;
const APPROVED = 'workflowExecutionUpdateAcceptedEventAttributes';
const CHILD = 'startChildWorkflowExecutionInitiatedEventAttributes';

describe('a call in a conversation that is reset', () => {
  test('is stopped when it runs and is no longer in the log', async () => {
    const conversation = await rig.converse();
    await answered(conversation, 'one');
    const tasks = await tasksOf(conversation);
    const { call_id, workflow } = await withCall(conversation);
    const tool = await rig.running();
    await conversation.until('it runs', (k) => k.includes('call.started'));
    await reset(conversation, tasks.at(-1)!, { forgets: true });
    await tool.cancelled;
    expect(await workflow.result()).toEqual({ type: 'cancelled' });
    const log = await conversation.until('it says so', (k) => k.includes('conversation.reset'));
    expect(JSON.stringify(log)).not.toContain(call_id);
    await conversation.close({});
  });

  test('is found again by a run that would start it, and its end is received', async () => {
    const conversation = await rig.converse();
    const { call_id, workflow } = await withCall(conversation);
    const tool = await rig.running();
    await conversation.until('it runs', (k) => k.includes('call.started'));
    const { runId } = await workflow.describe();
    await reset(conversation, await taskBefore(conversation, CHILD));
    await conversation.until('it says so', (k) => k.includes('conversation.reset'));
    await tool.tells({ n: 1, percent: 50 });
    await conversation.until('it is heard', (k) => k.includes('call.event'));
    tool.ends(done);
    await conversation.until('it ends', (k) => k.includes('call.completed'));
    expect(await workflow.describe()).toMatchObject({ runId });
    const log = await logOf(conversation);
    expect(log.filter(({ kind }) => kind === 'call.started')).toMatchObject([{ call_id }]);
    expect(log.filter(({ kind }) => kind === 'call.failed')).toEqual([]);
    await conversation.close({});
  });

  test.each([
    ['received again', false],
    ['asked for', true],
  ])('is not started again when it has ended: its end is %s', async (_, forgets) => {
    const conversation = await rig.converse();
    const { call_id, workflow } = await withCall(conversation);
    (await rig.running()).ends(done);
    (await askedIn(conversation)).says('Paid.');
    await conversation.until('it is told', (k) => k.includes('receipt'));
    const { runId } = await workflow.describe();
    await reset(conversation, await taskBefore(conversation, CHILD), { forgets });
    const again = await askedIn(conversation);
    again.says('Paid, as I see.');
    await conversation.until(
      'it is told',
      (k) => k.includes('receipt') && k.includes('conversation.reset'),
    );
    const log = await logOf(conversation);
    const ends = log.filter(({ kind }) => kind === 'call.completed');
    expect(ends).toMatchObject([{ call_id, result: 'paid' }]);
    expect(await workflow.describe()).toMatchObject({ runId });
    await conversation.close({});
  });

  test.each([
    ['the point before its approval', false],
    ['the point after its approval', true],
  ])(
    'does not run twice when it was approved, after a reset to %s',
    async (_, after) => {
      const conversation = await rig.converse();
      const approval = { timeout_ms: 3_600_000 };
      const { call_id, workflow } = await withCall(conversation, { approval });
      await conversation.until('it waits', (k) => k.includes('call.awaiting_approval'));
      await conversation.decide({ call_id, decision: 'approve', by: 'ann' });
      (await rig.running()).ends(done);
      (await askedIn(conversation)).says('Paid.');
      await conversation.until('it is told', (k) => k.includes('receipt'));
      const { runId } = await workflow.describe();
      const task = await taskBefore(conversation, after ? CHILD : APPROVED);
      await reset(conversation, task, { forgets: true });
      const reads = await conversation.until('it says so', (k) => k.includes('conversation.reset'));
      const waits = !reads.some(({ kind }) => kind === 'call.approved');
      if (waits) await conversation.decide({ call_id, decision: 'approve', by: 'ann' });
      (await askedIn(conversation)).says('Paid, as I see.');
      await conversation.until('it is told', (k) => k.includes('receipt'));
      expect(ran.filter((id) => id === call_id)).toHaveLength(1);
      const log = await logOf(conversation);
      expect(log.filter(({ kind }) => kind === 'call.completed')).toMatchObject([{ call_id }]);
      expect(await workflow.describe()).toMatchObject({ runId });
      await conversation.close({});
    },
    90_000,
  );
});

test('an approval that a reset run receives again, with a cancellation that followed it, is heard alike on replay', async () => {
  const conversation = await rig.converse();
  const { call_id } = await withCall(conversation, { approval: { timeout_ms: 3_600_000 } });
  await conversation.until('it awaits approval', (k) => k.includes('call.awaiting_approval'));
  await answered(conversation, 'one');
  const task = await taskOfReply(conversation, 2);
  await conversation.decide({ call_id, decision: 'approve' });
  await conversation.cancel({ call_id });
  await conversation.until('it is cancelled', (k) => k.includes('call.cancelled'));
  await reset(conversation, task);
  await conversation.until('it is reset', (k) => k.includes('conversation.reset'));
  await answered(conversation, 'two');
  await conversation.close({});
  const handle = rig.client.workflow.getHandle(conversation.handle.workflowId);
  await handle.result();
  const bundle = await workflowBundle('node_modules/.cache/meanwhile');
  await Worker.runReplayHistory(
    { workflowBundle: bundle },
    await handle.fetchHistory(),
    handle.workflowId,
  );
});
