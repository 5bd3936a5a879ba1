import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { Announcement, Withdrawal } from '../activities/call/announce.ts';
import { CALL_SIGNALS, callWorkflowId } from '../contract/names.ts';
import type { CallPush } from '../contract/signals.ts';
import type { RemoteFacts } from '../conversation/pushes.ts';
import { createMailbox } from '../test/kit/mailbox.ts';
import { asks, createRig, type Rig } from '../test/kit/rig.ts';

const FACTS: RemoteFacts = {
  kind: 'remote',
  timeout_ms: 600_000,
  silence_ms: 600_000,
  results: { min: 1, max: 'many' },
  report: 'everything',
};

/** By tool: its facts, and how its service answers an announcement. */
const tools: Record<string, Partial<RemoteFacts> & { answer?: () => Promise<void> }> = {
  remote: {},
  quiet: { report: undefined },
  silent: { silence_ms: 300 },
  endless: { timeout_ms: 300 },
  refusing: {
    answer: async () => {
      throw ApplicationFailure.nonRetryable('The service refused the call.', 'Refused');
    },
  },
  mute: { answer: () => Context.current().cancelled },
};

let rig: Rig;
const announced = createMailbox<Announcement>('a call is announced');
const withdrawn = createMailbox<Withdrawal>('a call is withdrawn');
beforeAll(async () => {
  rig = await createRig(inject('temporalAddress'));
  await rig.startWorker({
    describeTool: async (name) => {
      const { answer: _, ...facts } = tools[name]!;
      return { ...FACTS, ...facts };
    },
    announceCall: async (announcement) => {
      announced.put(announcement);
      await tools[announcement.start.tool]!.answer?.();
    },
    withdrawCall: async (withdrawal) => withdrawn.put(withdrawal),
  });
});
afterAll(() => rig.close());

/** A conversation whose model has asked for the tool; after that, no answers come from the model. */
async function begin(tool: string) {
  const conversation = await rig.converse();
  await conversation.say('Go.');
  const call = asks(tool);
  let asked = await rig.asked();
  // Conversations of other tests may still request a reply.
  while (asked.request.conversation.id !== conversation.key.id) asked = await rig.asked();
  asked.says('', call);
  const announcement = await announced.take();
  expect(announcement.start.call_id).toBe(call.call_id);
  const handle = rig.client.workflow.getHandle(callWorkflowId('default', call.call_id));
  return {
    ...conversation,
    call_id: call.call_id,
    announcement,
    handle,
    push: (push: CallPush) => handle.signal(CALL_SIGNALS.push, push),
    events: async () => {
      const page = await rig.store.entries(conversation.key, {
        after: 0,
        limit: 10_000,
        kinds: ['call.event'],
      });
      return page!.entries.flatMap((entry) => (entry.kind === 'call.event' ? [entry] : []));
    },
  };
}

const result = (n: number): CallPush => ({ n, kind: 'result', data: n, schedule: 'silent' });

test('pushes become events in order of arrival, with gaps noted and repeats ignored, until the end', async () => {
  const { announcement, push, events, until, handle } = await begin('remote');
  expect(announcement.expires_at - announcement.at).toBe(FACTS.timeout_ms);
  for (const n of [1, 3, 3, 2, 1]) await push(result(n));
  await push({ n: 4, kind: 'done', data: 'all' });
  const end = { type: 'completed', result: 'all' };
  expect(await handle.result()).toEqual(end);
  const log = await until('the call is complete', (kinds) => kinds.includes('call.completed'));
  expect((await events()).map(({ n, pushed_n, missing }) => [n, pushed_n, missing])).toEqual([
    [1, 1, undefined],
    [2, 3, [2]],
    [3, 2, undefined],
  ]);
  expect(log.find(({ kind }) => kind === 'call.completed')).toMatchObject({ result: 'all' });
});

test('a service that is silent past its limit fails the call with a reason, and is told', async () => {
  const { handle, call_id } = await begin('silent');
  const message = 'The service of silent has sent nothing for 0.3 seconds.';
  expect(await handle.result()).toEqual({ type: 'failed', error: { type: 'Silent', message } });
  expect(await withdrawn.take()).toMatchObject({ start: { call_id }, reason: message });
});

test('a call whose service never finishes ends at its timeout', async () => {
  const { handle } = await begin('endless');
  expect(await handle.result()).toMatchObject({ type: 'failed', error: { type: 'Timeout' } });
  await withdrawn.take();
});

test('a service that refuses a call fails it at once, with its own message', async () => {
  const { handle } = await begin('refusing');
  expect(await handle.result()).toEqual({
    type: 'failed',
    error: { type: 'Refused', message: 'The service refused the call.' },
  });
});

test('a push that comes before the answer to the announcement counts as that answer', async () => {
  const { push, handle } = await begin('mute');
  await push({ n: 1, kind: 'done', data: 1 });
  expect(await handle.result()).toEqual({ type: 'completed', result: 1 });
});

test('a cancelled call is over, its service is told, and its later pushes change nothing', async () => {
  const { cancel, call_id, handle, push, until, events } = await begin('remote');
  await push(result(1));
  await until('the first event', (kinds) => kinds.includes('call.event'));
  await cancel({ call_id });
  await until('it is cancelled', (kinds) => kinds.includes('call.cancelled'));
  expect(await withdrawn.take()).toMatchObject({
    start: { call_id },
    reason: 'The call was cancelled.',
  });
  expect(await handle.result()).toEqual({ type: 'cancelled' });
  await expect(push(result(2))).rejects.toThrow();
  expect(await events()).toHaveLength(1);
});

test('a thousand pushes pass through several runs, none lost and none told twice', async () => {
  const { push, handle, events, until } = await begin('quiet');
  const many = 1_200;
  for (let n = 1; n <= many; n += 100) {
    const burst = Array.from({ length: 100 }, (_, i) => n + i);
    await Promise.all(
      burst.map((m) =>
        push({ n: m, kind: 'progress', percent: (100 * n) / many, schedule: 'silent' }),
      ),
    );
  }
  await push({ n: many + 1, kind: 'done', data: 'all' });
  expect(await handle.result()).toEqual({ type: 'completed', result: 'all' });
  await until('the call is complete', (kinds) => kinds.includes('call.completed'));
  const told = await events();
  expect(told.map(({ n }) => n)).toEqual([1, 2, 3]);
  expect(told.map(({ percent }) => Math.floor(percent! / 25))).toEqual([1, 2, 3]);
  const { events: history } = await handle.fetchHistory();
  expect(history!.length).toBeLessThan(10_000);
  const { continuedExecutionRunId } = history![0]!.workflowExecutionStartedEventAttributes!;
  expect(continuedExecutionRunId).not.toBe('');
});
