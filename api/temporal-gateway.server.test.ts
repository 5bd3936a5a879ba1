import { randomUUID } from 'node:crypto';
import { NativeConnection } from '@temporalio/worker';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { conversationWorkflowId } from '../contract/names.ts';
import { asks, createRig, type Rig } from '../test/kit/rig.ts';
import { LIMITS } from '../test/kit/story.ts';
import { createTemporalGateway, type TemporalGateway } from './temporal-gateway.ts';

let rig: Rig;
let gateway: TemporalGateway;

beforeAll(async () => {
  const address = inject('temporalAddress');
  rig = await createRig(address);
  await rig.startWorker();
  const { taskQueue } = rig;
  const connect = () => NativeConnection.connect({ address });
  gateway = createTemporalGateway({ connect, namespace: 'default', taskQueue });
});
afterAll(async () => {
  await gateway.disconnect();
  await rig.close();
});

const someone = () => ({ tenant: 'default', id: `conv_${randomUUID()}` });
const startOf = (conversation: ReturnType<typeof someone>) => ({
  conversation,
  agent: 'default',
  limits: { ...LIMITS, settle_ms: 0 },
});
const message = (text: string) => ({ message_id: `msg_${randomUUID()}`, text });
const handle = (key: ReturnType<typeof someone>) =>
  rig.client.workflow.getHandle(conversationWorkflowId(key));
const said = async (key: ReturnType<typeof someone>) => {
  const entries = await rig.store.window(key, { from: 1, to: 100 });
  return entries.flatMap((entry) => (entry.kind === 'message.user' ? [entry.text] : []));
};

test('the server answers', () => gateway.ready());

test('repeated starts begin a conversation once, with its first message', async () => {
  const one = someone();
  const first = message('Hello');
  await gateway.start(startOf(one), first);
  await gateway.start(startOf(one), first);
  await gateway.start(startOf(one));
  const asked = await rig.asked();
  expect(await gateway.message(one, message('And more'))).toBe('sent');
  await rig.asked();
  expect(await said(one)).toEqual(['Hello', 'And more']);
  expect(asked.request.conversation).toEqual(one);

  const description = await handle(one).describe();
  expect(description.typedSearchAttributes.toJSON()).toContainEqual(
    expect.objectContaining({
      key: expect.objectContaining({ name: 'MeanwhileTenant' }),
      value: 'default',
    }),
  );
  expect(await description.staticSummary()).toBe('conversation with default');
  expect(description.priority?.fairnessKey).toBe('default');
});

test('a message only for an idle conversation is refused by a busy one, and its repeat has the same answer', async () => {
  const one = someone();
  await gateway.start(startOf(one));
  const first = message('Hello');
  expect(await gateway.messageIfIdle(one, first)).toBe('accepted');
  const asked = await rig.asked();
  expect(await gateway.messageIfIdle(one, message('Another'))).toBe('busy');
  expect(await gateway.messageIfIdle(one, first)).toBe('accepted');
  asked.says('Hi');
  expect(await said(one)).toEqual(['Hello']);
});

test('the workflow accepts a decision or says why it refuses it', async () => {
  const one = someone();
  await gateway.start(startOf(one), message('Pay Ann'));
  const call = { ...asks('send_payment'), approval: { timeout_ms: 60_000 } };
  const { call_id } = call;
  (await rig.asked()).says('I ask.', call);
  const approve = { call_id, decision: 'approve' } as const;
  await expect.poll(() => gateway.decideCall(one, approve)).toEqual({ outcome: 'accepted' });
  expect(await gateway.decideCall(one, approve)).toEqual({ outcome: 'accepted' });
  expect(await gateway.decideCall(one, { call_id, decision: 'deny' })).toEqual({
    outcome: 'not_awaiting',
    message: `${call_id} does not await approval: it is running.`,
  });
  expect(await gateway.decideCall(one, { ...approve, call_id: 'call_x' })).toMatchObject({
    outcome: 'not_found',
  });
});

test('an ended conversation is not restarted, and an unknown one is not running', async () => {
  const one = someone();
  await gateway.start(startOf(one));
  expect(await gateway.close(one, {})).toBe('sent');
  await handle(one).result();
  await gateway.start(startOf(one), message('Again?'));
  expect((await handle(one).describe()).status.name).toBe('COMPLETED');
  for (const key of [one, someone()]) {
    expect(await gateway.message(key, message('Hello'))).toBe('not_running');
    expect(await gateway.messageIfIdle(key, message('Hello'))).toBe('not_running');
    expect(await gateway.interrupt(key, { scope: 'all' })).toBe('not_running');
    expect(await gateway.cancelCall(key, { call_id: 'call_1' })).toBe('not_running');
    expect(await gateway.decideCall(key, { call_id: 'call_1', decision: 'approve' })).toEqual({
      outcome: 'not_running',
    });
    expect(await gateway.close(key, {})).toBe('not_running');
  }
});
