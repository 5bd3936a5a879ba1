/** Signals, updates and arguments that a client sends to a workflow in Temporal, bypassing the service. */
import { randomUUID } from 'node:crypto';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import type { ApplicationFailure } from '@temporalio/common';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { callWorkflowId, SIGNALS, UPDATES } from '../contract/names.ts';
import { asks, count, createRig, type Rig } from '../test/kit/rig.ts';
import { workflowBundle } from '../worker/bundle.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await createRig(inject('temporalAddress'));
  await rig.startWorker();
});
afterAll(() => rig.close());

function deep(levels: number): unknown {
  let value: unknown = 'x';
  for (let i = 0; i < levels; i++) value = [value];
  return value;
}

const WRONG: [name: string, payload: unknown, why: RegExp][] = [
  ['message', { message_id: 'm', text: 42 }, /^text must be a string/],
  ['message', { text: 'no id' }, /^message_id must be present/],
  ['message', null, /^It must be an object/],
  ['message', [1, 2], /^It must be an object/],
  ['message', { message_id: 'm', text: 'x', when_busy: 'never' }, /^when_busy must be one of/],
  ['interrupt', { scope: 'everything' }, /^scope must be one of/],
  ['interrupt', { scope: 'all', message: { message_id: 'm', text: {} } }, /^message\.text/],
  ['cancel_call', { call_id: { $ne: 1 } }, /^call_id must be a string/],
  ['call_event', { call_id: 'c', n: 0, event: 'progress', schedule: 'silent' }, /^n must be/],
  ['call_event', { call_id: 'c', n: 1, event: 'other', schedule: 'silent' }, /^event must be/],
  ['call_ended', { call_id: 'c' }, /^end must be present/],
  ['call_ended', { call_id: 'c', end: { type: 'failed', error: 'no' } }, /^end\.error must be/],
  ['close', 'now', /^It must be an object/],
  ['reset', { run_id: 'r' }, /^had must be present/],
  ['nothing_of_ours', {}, /^There is no such signal/],
];

test.each(WRONG)('a %s signal that does not fit is dropped and logged: %j', async (...wrong) => {
  const [name, payload, why] = wrong;
  const conversation = await rig.converse();
  const { handle, until, say, close } = conversation;
  await handle.signal(name, payload);
  const log = await until('it is written down', (k) => k.includes('signal.dropped'));
  expect(log).toMatchObject([{ kind: 'signal.dropped', signal: name }]);
  expect((log[0] as { why: string }).why).toMatch(why);
  await say('Are you there?');
  (await rig.asked()).says('Yes.');
  await until('it is answered', (k) => k.includes('reply.completed'));
  await close({});
  await handle.result();
  const history = await handle.fetchHistory();
  const bundle = await workflowBundle('node_modules/.cache/meanwhile');
  await Worker.runReplayHistory({ workflowBundle: bundle }, history, handle.workflowId);
});

/** Sends a signal as a client in another language might. */
const raw = (workflowId: string, signalName: string, encoding: string, data: string) =>
  rig.client.workflowService.signalWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId },
    signalName,
    input: {
      payloads: [{ metadata: { encoding: Buffer.from(encoding) }, data: Buffer.from(data) }],
    },
  });

test.each([
  ['nested 100,000 deep', 'json/plain', `{"text":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
  ['not valid JSON', 'json/plain', '{"text":'],
  ['of an unknown encoding', 'rot13', 'uryyb'],
  ['encrypted', 'binary/encrypted', '\u0001\u0002'],
])('a signal that is %s is dropped, and the conversation goes on', async (_, encoding, data) => {
  const { handle, until, say, close } = await rig.converse();
  await raw(handle.workflowId, SIGNALS.message, encoding, data);
  await until('it is written down', (k) => k.includes('signal.dropped'));
  await say('Are you there?');
  (await rig.asked()).says('Yes.');
  await until('it is answered', (k) => k.includes('reply.completed'));
  await close({});
  await handle.result();
});

test('a signal cannot pose as another event', async () => {
  const { handle, until, close } = await rig.converse();
  await handle.signal(SIGNALS.cancelCall, { call_id: 'call_x', type: 'settled', at: 1 });
  await handle.signal(SIGNALS.message, { message_id: 'm', text: 'hello', type: 'close', by: 'x' });
  (await rig.asked()).says('Hello!');
  const log = await until('it is answered', (k) => k.includes('reply.completed'));
  expect(log.map(({ kind }) => kind)).toEqual(['message.user', 'reply.started', 'reply.completed']);
  await close({});
});

test('a flood of signals that do not fit is counted and does not fill the log', async () => {
  const { handle, until, close, key } = await rig.converse();
  for (let i = 0; i < 30; i++) await handle.signal(SIGNALS.message, { message_id: i });
  await close({});
  await handle.result();
  const log = await until('it is closed', (k) => k.includes('conversation.closed'));
  expect(
    count(
      log.map(({ kind }) => kind),
      'signal.dropped',
    ),
  ).toBe(6);
  expect(log.at(-2)).toMatchObject({ kind: 'signal.dropped', more: 25 });
  expect(JSON.stringify(await rig.store.conversation(key)).length).toBeLessThan(1_000);
});

test('an update that does not fit is refused', async () => {
  const { handle, close } = await rig.converse();
  for (const [name, payload] of [
    [UPDATES.messageIfIdle, { message_id: 'm', text: 42 }],
    [UPDATES.messageIfIdle, undefined],
    [UPDATES.decideCall, { call_id: 'c', decision: 'perhaps' }],
    [UPDATES.decideCall, deep(1_000)],
  ] as const) {
    const refused = handle.executeUpdate(name, { args: [payload] });
    await expect(refused).rejects.toBeInstanceOf(WorkflowUpdateFailedError);
    const failure = await refused.catch((error: WorkflowUpdateFailedError) => error);
    expect(((failure as Error).cause as ApplicationFailure).type).toBe('InvalidUpdate');
  }
  await close({});
});

test('a workflow whose argument is not a conversation or a call fails with that reason', async () => {
  for (const [type, args] of [
    ['conversation', [{ conversation: 'x' }]],
    ['conversation', []],
    ['call', [{ conversation: { tenant: 'default' }, call_id: 1 }]],
    ['settleCall', [deep(1_000)]],
  ] as const) {
    const run = await rig.client.workflow.start(type, {
      taskQueue: rig.taskQueue,
      workflowId: `odd/${randomUUID()}`,
      args: [...args],
    });
    const failed = await run.result().catch((error: Error) => error);
    expect((failed as Error).cause).toMatchObject({ type: 'InvalidStart' });
  }
});

test('the state of an older version is completed, and a state that cannot be read is refused with a clear reason', async () => {
  const { key } = await rig.converse();
  const start = {
    conversation: { ...key, id: `${key.id}_b` },
    agent: 'default',
    limits: { settle_ms: 0, quiet_ms: 20, max_history_events: 4_000, max_running: 3 },
  };
  const usage = { input_tokens: 0, output_tokens: 0 };
  const state = { agent: 'default', limits: start.limits, seq: 0, closed: false, replies: 0 };
  const older = { ...state, turn: { phase: 'idle' }, last_message_at: 0, calls: [], usage };
  const begin = (carried: object) =>
    rig.client.workflow.start('conversation', {
      taskQueue: rig.taskQueue,
      workflowId: `conversation/default/${randomUUID()}`,
      args: [start, carried],
    });
  const run = await begin({ run: 0, state: older });
  await run.signal(SIGNALS.message, { message_id: 'm', text: 'hello' });
  (await rig.asked()).says('Hello!');
  await run.signal(SIGNALS.close, {});
  await run.result();

  const newer = await begin({ run: 0, state: { ...older, turn: { phase: 'dreaming' } } });
  const failure = async () => {
    const { events } = await newer.fetchHistory();
    return events?.flatMap((e) => e.workflowTaskFailedEventAttributes?.failure?.message ?? []);
  };
  await expect
    .poll(async () => (await failure())?.[0], { timeout: 10_000 })
    .toMatch(
      /cannot continue .* state\.turn\.phase must be one of .* Start a worker of the version/,
    );
  await newer.terminate();
});

test('an impossible end of a call and a second end change nothing', async () => {
  const { say, until, handle, close } = await rig.converse();
  await say('install');
  const call = asks('run_installer');
  (await rig.asked()).says('Starting.', call);
  const tool = await rig.running();
  await handle.signal(SIGNALS.callEnded, { call_id: call.call_id, end: { type: 'won' } });
  await until('it is dropped', (k) => k.includes('signal.dropped'));
  tool.ends({ type: 'completed', result: 'done' });
  (await rig.asked()).says('Installed.');
  await handle.signal(SIGNALS.callEnded, {
    call_id: call.call_id,
    end: { type: 'failed', error: { type: 'X', message: 'x' } },
  });
  await close({});
  await handle.result();
  const log = await until('it is closed', (k) => k.includes('conversation.closed'));
  const ends = log.filter(({ kind }) => /^call\.(completed|failed|cancelled)$/.test(kind));
  expect(ends).toMatchObject([{ kind: 'call.completed' }]);
  const workflow = rig.client.workflow.getHandle(callWorkflowId('default', call.call_id));
  expect(await workflow.result()).toEqual({ type: 'completed', result: 'done' });
});
