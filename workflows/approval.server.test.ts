import type { ApplicationFailure } from '@temporalio/common';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { asks, count, createRig, type Rig } from '../test/kit/rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await createRig(inject('temporalAddress'));
  await rig.startWorker();
});
afterAll(() => rig.close());

/** A conversation in which a payment awaits approval, and the model has said so. */
async function awaiting(limits = {}, timeout_ms = 3_600_000) {
  const conversation = await rig.converse(limits);
  await conversation.say('pay Ann');
  const call = { ...asks('send_payment', { to: 'Ann' }), approval: { timeout_ms } };
  (await rig.asked()).says('I ask for it.', call);
  await conversation.until('it awaits approval', (k) => k.includes('call.awaiting_approval'));
  return { ...conversation, call_id: call.call_id };
}

const refusal = (update: Promise<void>) =>
  update.then(
    () => undefined,
    (error: unknown) => {
      if (!(error instanceof WorkflowUpdateFailedError)) throw error;
      const { type, message } = error.cause as ApplicationFailure;
      return { type, message };
    },
  );

test('a call runs once a person has agreed, and not before', async () => {
  const { call_id, decide, say, until } = await awaiting();
  await say('what time is it?');
  const asked = await rig.asked();
  expect(asked.request.calls).toMatchObject([{ call_id, status: 'awaiting_approval' }]);
  asked.says('Noon.');
  const before = await until('it is answered', (k) => count(k, 'reply.completed') === 2);
  expect(before.map(({ kind }) => kind)).not.toContain('call.started');

  await decide({ call_id, decision: 'approve', by: 'ann' });
  const tool = await rig.running();
  expect(tool.start).toMatchObject({ call_id, tool: 'send_payment', input: { to: 'Ann' } });
  expect(tool.start).not.toHaveProperty('approval');
  tool.ends({ type: 'completed', result: 'paid' });
  (await rig.asked()).says('Paid.');
  const log = await until('the end is told', (k) => k.includes('receipt'));
  expect(log.find(({ kind }) => kind === 'call.approved')).toMatchObject({
    actor: { type: 'user', id: 'ann' },
  });
});

test('a decision that is not possible is refused with a type, and leaves no trace in the history', async () => {
  const { call_id, decide, cancel, until, handle } = await awaiting();
  expect(await refusal(decide({ call_id: 'call_x', decision: 'deny' }))).toMatchObject({
    type: 'CallNotFound',
  });
  await cancel({ call_id });
  await until('it is cancelled', (kinds) => kinds.includes('call.cancelled'));
  expect(await refusal(decide({ call_id, decision: 'approve' }))).toEqual({
    type: 'CallNotAwaiting',
    message: `${call_id} does not await approval: it is cancelled.`,
  });
  const { events } = await handle.fetchHistory();
  expect(events?.some((e) => e.workflowExecutionUpdateAcceptedEventAttributes)).toBe(false);
});

test('a call without a decision is denied when its approval expires', async () => {
  const { until } = await awaiting({}, 300);
  (await rig.asked()).says('Nobody answered.');
  const log = await until('it is told', (kinds) => kinds.includes('receipt'));
  const asked = log.find((entry) => entry.kind === 'call.awaiting_approval')!;
  const denied = log.find((entry) => entry.kind === 'call.denied')!;
  expect(denied).toMatchObject({ actor: { type: 'system' }, reason: 'Nobody decided in time.' });
  expect(Date.parse(denied.at)).toBeGreaterThanOrEqual(Date.parse(asked.expires_at));
});

test('a conversation continues as new while a call awaits approval, and the call can be approved afterwards', async () => {
  const { call_id, decide, say, until, handle, close } = await awaiting({ max_history_events: 30 });
  const run = async () => (await rig.client.workflow.getHandle(handle.workflowId).describe()).runId;
  for (let i = 1; (await run()) === handle.firstExecutionRunId && i <= 40; i++) {
    await say(`message ${i}`);
    (await rig.asked()).says(`answer ${i}`);
    await until(`answer ${i}`, (kinds) => count(kinds, 'reply.completed') === 1 + i);
  }
  expect(await run()).not.toBe(handle.firstExecutionRunId);
  await decide({ call_id, decision: 'approve' });
  await decide({ call_id, decision: 'approve' });
  (await rig.running()).ends({ type: 'completed', result: 'paid' });
  (await rig.asked()).says('Paid.');
  const log = await until('the end is told', (kinds) => kinds.includes('receipt'));
  expect(log.filter(({ kind }) => kind === 'call.approved')).toHaveLength(1);
  expect(log.filter(({ kind }) => kind === 'call.started')).toHaveLength(1);
  await close({});
});

test('the Temporal UI shows what a call waits for, and until when', async () => {
  const { call_id, handle, until } = await awaiting();
  const log = await until('it waits', (kinds) => kinds.includes('call.awaiting_approval'));
  const asked = log.find((entry) => entry.kind === 'call.awaiting_approval')!;
  const timer = async () => {
    const { events } = await handle.fetchHistory();
    const last = events?.findLast((event) => event.timerStartedEventAttributes);
    return last?.userMetadata?.summary?.data
      ? Buffer.from(last.userMetadata.summary.data).toString()
      : undefined;
  };
  // The log is written before the task is committed.
  await expect
    .poll(async () => (await handle.describe()).searchAttributes['MeanwhileStatus'])
    .toEqual(['awaiting_approval']);
  const metadata = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
  expect(metadata.currentDetails).toContain(
    `- \`${call_id}\` send_payment: awaiting_approval until ${asked.expires_at}`,
  );
  await expect
    .poll(timer)
    .toBe(JSON.stringify(`${call_id} waits for a person until ${asked.expires_at}`));
});
