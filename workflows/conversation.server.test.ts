import { WorkflowUpdateFailedError } from '@temporalio/client';
import { once } from 'node:events';
import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApplicationFailure } from '@temporalio/common';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import type { Batch } from '../contract/batch.ts';
import { callWorkflowId, UPDATES } from '../contract/names.ts';
import { openStore } from '../store/open.ts';
import { asks, createRig, type Rig } from '../testing/rig.ts';
import { workflowBundle } from '../worker/bundle.ts';

const address = inject('temporalAddress');
let rig: Rig;
beforeAll(async () => {
  rig = await createRig(address);
  await rig.startWorker();
});
afterAll(() => rig.close());

const count = (kinds: string[], kind: string) => kinds.filter((k) => k === kind).length;

/** A conversation with one tool that runs, and a model that has said so. */
async function withRunningTool(limits = {}) {
  const conversation = await rig.converse(limits);
  await conversation.say('install alpha');
  const call = asks('run_installer', { package: 'alpha' });
  (await rig.asked()).says('Starting.', call);
  return { ...conversation, call, tool: await rig.running() };
}

describe('a conversation', () => {
  test('answers a message, and the log says why', async () => {
    const conversation = await rig.converse();
    await conversation.say('hello');
    const { request, says } = await rig.asked();
    expect(request).toMatchObject({ reply_id: 'reply_1', from: 1, to: 2, because: 'message' });
    says('Hello!');
    const log = await conversation.until('it is answered', (k) => k.includes('reply.completed'));
    expect(log.map(({ kind, cause }) => [kind, cause])).toEqual([
      ['message.user', []],
      ['reply.started', [1]],
      ['reply.completed', [2]],
    ]);
  });

  test('talks on while a tool runs, and speaks by itself when there is news', async () => {
    const { say, until, tool } = await withRunningTool();
    await say('and what is a signal?');
    (await rig.asked()).says('A message to a workflow.');
    await tool.tells({ n: 1, percent: 25 });
    const news = await rig.asked();
    expect(news.request).toMatchObject({ because: 'news' });
    expect(news.request.calls).toMatchObject([{ status: 'running' }]);
    news.says('25 %.');
    tool.ends({ type: 'completed', result: 'done' });
    const end = await rig.asked();
    end.says('Installed.');
    const log = await until('both are told', (kinds) => count(kinds, 'receipt') === 2);
    expect(log.findLast(({ kind }) => kind === 'receipt')).toMatchObject({ fate: 'spoken' });
  });

  test('stops a reply at once when the user writes', async () => {
    const conversation = await rig.converse();
    await conversation.say('tell me a story');
    await rig.asked();
    await conversation.say('stop');
    const second = await rig.asked();
    expect(second.request.reply_id).toBe('reply_2');
    second.says('Ok.');
    await conversation.until('it is answered', (k) => k.includes('reply.completed'));
  });

  test('cancels the workflow of a call, whose tool then stops', async () => {
    const { tool, call, cancel, until } = await withRunningTool();
    await cancel({ call_id: call.call_id });
    await tool.cancelled;
    const handle = rig.client.workflow.getHandle(callWorkflowId('default', call.call_id));
    expect(await handle.result()).toEqual({ type: 'cancelled' });
    await until('it is cancelled', (kinds) => kinds.includes('call.cancelled'));
  });

  test('fails a reply visibly and answers the next message', async () => {
    const conversation = await rig.converse();
    await conversation.say('hello');
    (await rig.asked()).fails(ApplicationFailure.nonRetryable('No such key.', 'AuthFailed'));
    const log = await conversation.until('it fails', (kinds) => kinds.includes('reply.failed'));
    expect(log.at(-1)).toMatchObject({ error: { type: 'AuthFailed', message: 'No such key.' } });
    await conversation.say('and now?');
    (await rig.asked()).says('Yes.');
    await conversation.until('it is answered', (k) => k.includes('reply.completed'));
  });

  test('refuses a message that must not wait, as long as it is busy', async () => {
    const conversation = await rig.converse();
    const update = (message_id: string) =>
      conversation.handle.executeUpdate(UPDATES.messageIfIdle, {
        args: [{ message_id, text: 'now or never' }],
      });
    await update('first');
    const reply = await rig.asked();
    await expect(update('second')).rejects.toBeInstanceOf(WorkflowUpdateFailedError);
    reply.says('Done.');
    await conversation.until('it is answered', (k) => k.includes('reply.completed'));
    await update('third');
    (await rig.asked()).says('Done.');
    const log = await conversation.until('the third', (k) => count(k, 'reply.completed') === 2);
    expect(log.filter(({ kind }) => kind === 'message.user')).toMatchObject([
      { message_id: 'first' },
      { message_id: 'third' },
    ]);
  });

  test('closes: the workflow ends, its tool is stopped, and the UI can find it by its status', async () => {
    const { tool, close, handle } = await withRunningTool();
    const status = async () => (await handle.describe()).searchAttributes['MeanwhileStatus'];
    expect(await status()).toEqual(['working']);
    await close({});
    await handle.result();
    await tool.cancelled;
    expect(await status()).toEqual(['closed']);
  });
});

describe('a long conversation', () => {
  test('continues as new while its tool runs, and loses nothing', async () => {
    const { say, until, tool, handle, close } = await withRunningTool({ max_history_events: 60 });
    for (let i = 1; i <= 12; i++) {
      await say(`message ${i}`);
      (await rig.asked()).says(`answer ${i}`);
      await until(`answer ${i}`, (kinds) => count(kinds, 'reply.completed') === 2 * i);
      await tool.tells({ n: i, percent: i });
      (await rig.asked()).says(`${i} %`);
      await until(`${i} % is told`, (kinds) => count(kinds, 'receipt') === i);
    }
    tool.ends({ type: 'completed', result: 'done' });
    (await rig.asked()).says('Installed.');
    const log = await until('the end is told', (kinds) => count(kinds, 'receipt') === 13);
    expect(log.map(({ seq }) => seq)).toEqual(log.map((_, i) => i + 1));
    await expect
      .poll(() => rig.client.workflow.getHandle(handle.workflowId).describe(), { timeout: 20_000 })
      .not.toMatchObject({ runId: handle.firstExecutionRunId });
    await close({});
  });

  test('continues as new under messages back to back, each of which interrupts a reply', async () => {
    const conversation = await rig.converse({ max_history_events: 20 });
    for (let i = 1; i <= 30; i++) {
      await conversation.say(`message ${i}`);
      await rig.asked();
    }
    await conversation.say('the last one');
    (await rig.asked()).says('Done.');
    const log = await conversation.until('it is over', (k) => k.includes('reply.completed'));
    expect(log.filter(({ kind }) => kind === 'message.user')).toHaveLength(31);
    const current = rig.client.workflow.getHandle(conversation.handle.workflowId);
    const { historyLength, runId } = await current.describe();
    expect(runId).not.toBe(conversation.handle.firstExecutionRunId);
    expect(historyLength).toBeLessThan(100);
  });
});

/** A conversation whose first worker is killed at `place`; the heir has its store, and is not started yet. */
async function doom(
  place: 'in-reply' | 'in-record' | 'in-second-record',
  meanwhile: (doomed: ChildProcess, conversation: Conversation) => Promise<void>,
) {
  const folder = await mkdtemp(join(tmpdir(), 'meanwhile-'));
  const taskQueue = `doomed-${randomUUID()}`;
  const own = await createRig(address, { taskQueue });
  const conversation = await own.converse({}, { workflowTaskTimeout: '1s' });
  await conversation.say('A');
  const doomed = fork('testing/doomed-worker.ts', [address, taskQueue, folder, place]);
  const died = once(doomed, 'exit');
  await meanwhile(doomed, conversation);
  expect(await died).toEqual([null, 'SIGKILL']);
  const store = await openStore({ folder });
  const heir = await createRig(address, { taskQueue, store });
  onTestFinished(async () => {
    await heir.close();
    await own.close();
    await store.close();
    await rm(folder, { recursive: true });
  });
  const log = async () => (await store.entries(conversation.key, { after: 0, limit: 10 }))!;
  return { ...conversation, heir, store, log };
}

type Conversation = Awaited<ReturnType<Rig['converse']>>;

test('a worker that dies between the log and the commit leaves no entry twice, and the reader is told', async () => {
  const { say, key, heir, store, log } = await doom('in-record', async (doomed, { say }) => {
    await once(doomed, 'message');
    await say('B');
  });
  const inVain = await log();
  expect(inVain.entries.map(({ kind }) => kind)).toEqual([
    'message.user',
    'reply.started',
    'message.user',
    'reply.interrupted',
    'reply.started',
  ]);
  await say('C');
  await heir.startWorker();
  const { request } = await heir.asked();
  expect(request).toMatchObject({ reply_id: 'reply_2', to: 6 });
  expect((await log()).entries).toMatchObject([
    { seq: 1, text: 'A' },
    { seq: 2, kind: 'reply.started', reply_id: 'reply_1' },
    { seq: 3, text: 'B' },
    { seq: 4, kind: 'reply.interrupted', reply_id: 'reply_1' },
    { seq: 5, text: 'C' },
    { seq: 6, kind: 'reply.started', reply_id: 'reply_2', cause: [1, 3, 5] },
  ]);
  const followed = await store.follow(key, { after: 5, revision: inVain.revision, limit: 10 });
  expect(followed?.rewind).toBeLessThan(5);
  expect(followed?.revision).toBe(inVain.revision + 1);
});

test('a write that outlasts its task, and a later one that was in vain, do not keep the next worker from writing', async () => {
  const { heir, log, handle } = await doom('in-second-record', async (doomed, { say, handle }) => {
    await once(doomed, 'message');
    await say('B');
    await once(doomed, 'message');
    // It cannot be decided on before B is written, and the task of B ends meanwhile.
    await say('C');
    await expect.poll(() => isHeard(handle, 3), { timeout: 10_000 }).toBe(true);
    doomed.send('go on');
  });
  await heir.startWorker();
  let reply = await heir.asked();
  // B interrupts the first, C the second, which may be asked for once more until that is known.
  while (reply.request.reply_id !== 'reply_3') reply = await heir.asked();
  reply.says('Here.');
  await expect
    .poll(async () => (await log()).entries.at(-1), { timeout: 10_000 })
    .toMatchObject({ kind: 'reply.completed' });
  const { entries } = await log();
  expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, i) => i + 1));
  const texts = entries.flatMap((entry) => (entry.kind === 'message.user' ? [entry.text] : []));
  expect(texts).toEqual(['A', 'B', 'C']);
  const history = await handle.fetchHistory();
  expect(activitiesIn(history)).toContain('recordCommitted');
  const bundle = await workflowBundle('node_modules/.cache/meanwhile');
  await Worker.runReplayHistory({ workflowBundle: bundle }, history, handle.workflowId);
});

/** `temporal.api.enums.v1.EventType` */
const WORKFLOW_TASK_STARTED = 6;
const SIGNALED = 26;

const activitiesIn = ({ events }: Awaited<ReturnType<Conversation['handle']['fetchHistory']>>) =>
  events!.map((event) => event.activityTaskScheduledEventAttributes?.activityType?.name);

/** So many signals are in its history, and a task has begun that sees the last of them. */
async function isHeard(handle: Conversation['handle'], signals: number): Promise<boolean> {
  const kinds = (await handle.fetchHistory()).events!.map(({ eventType }) => Number(eventType));
  return (
    kinds.filter((kind) => kind === SIGNALED).length === signals &&
    kinds.slice(kinds.lastIndexOf(SIGNALED)).includes(WORKFLOW_TASK_STARTED)
  );
}

describe('a worker that dies before a reply has written what rode on it', () => {
  test('leaves it to the next attempt', async () => {
    const { heir, store, key, log } = await doom('in-reply', async () => {});
    expect(await store.window(key, { from: 1, to: 9 })).toEqual([]);
    await heir.startWorker();
    (await heir.asked()).says('Here.');
    await expect
      .poll(async () => (await log()).entries.map(({ kind }) => kind), { timeout: 10_000 })
      .toEqual(['message.user', 'reply.started', 'reply.completed']);
  });

  test('leaves it to the next write, where that comes first', async () => {
    const { say, heir, store, key, log } = await doom('in-reply', async () => {});
    await say('B');
    expect(await store.window(key, { from: 1, to: 9 })).toEqual([]);
    await heir.startWorker();
    const { request } = await heir.asked();
    expect(request).toMatchObject({ reply_id: 'reply_2', to: 5 });
    const { entries, revision } = await log();
    expect(entries).toMatchObject([
      { seq: 1, text: 'A' },
      { seq: 2, kind: 'reply.started', reply_id: 'reply_1' },
      { seq: 3, text: 'B' },
      { seq: 4, kind: 'reply.interrupted', reply_id: 'reply_1' },
      { seq: 5, kind: 'reply.started', cause: [1, 3] },
    ]);
    expect(revision).toBe(0);
  });
});

test('a reply that is tried again after later entries were written is not lost by that', async () => {
  const own = await createRig(address);
  onTestFinished(() => own.close());
  const batches: Batch[] = [];
  await own.startWorker({
    generateReply: async (request) => {
      batches.push(request.batch!);
      return own.activities.generateReply(request);
    },
  });
  const conversation = await own.converse();
  await conversation.say('hello');
  const first = await own.asked();
  // It is written with the message that waits, under a higher fence; then the reply begins anew.
  await conversation.say('and then', { when_busy: 'queue' });
  await conversation.until('the second waits', (k) => count(k, 'message.user') === 2);
  first.fails(new Error('The connection was lost.'));
  const again = await own.asked();
  expect(again.request).toEqual(first.request);
  again.says('Hello!');
  (await own.asked()).says('And then.');
  const log = await conversation.until('both', (k) => count(k, 'reply.completed') === 2);
  expect(log.map(({ seq }) => seq)).toEqual(log.map((_, i) => i + 1));
  expect(batches[0]).toMatchObject({ base: 1, entries: [{ seq: 1 }, { seq: 2 }] });
});

test('what is accepted while the end is being written stands in the log before it', async () => {
  const own = await createRig(address);
  onTestFinished(() => own.close());
  const writing = Promise.withResolvers<void>();
  const away = Promise.withResolvers<void>();
  await own.startWorker({
    async record(batch) {
      if (batch.entries.some(({ kind }) => kind === 'conversation.closed')) {
        writing.resolve();
        await away.promise;
      }
      return own.activities.record(batch);
    },
  });
  const { handle, close, say, key } = await own.converse({}, { workflowTaskTimeout: '1s' });
  await close({});
  await writing.promise;
  await say('One more thing');
  // A task that waits for its write is carried into the next one, which hears the message.
  await expect.poll(() => isHeard(handle, 2), { timeout: 10_000 }).toBe(true);
  away.resolve();
  await handle.result();
  const { entries } = (await own.store.entries(key, { after: 0, limit: 10 }))!;
  expect(entries.map(({ kind }) => kind)).toEqual(['message.user', 'conversation.closed']);
});

test('a call that is cancelled in the task that starts it is started, and then cancelled', async () => {
  const own = await createRig(address);
  onTestFinished(() => own.close());
  const writing = Promise.withResolvers<void>();
  const away = Promise.withResolvers<void>();
  await own.startWorker({
    async record(batch) {
      if (batch.entries.some(({ kind }) => kind === 'call.started')) {
        writing.resolve();
        await away.promise;
      }
      return own.activities.record(batch);
    },
  });
  const conversation = await own.converse({}, { workflowTaskTimeout: '1s' });
  const { handle, say, cancel, close } = conversation;
  await say('install alpha');
  const call = asks('run_installer', { package: 'alpha' });
  (await own.asked()).says('Starting.', call);
  await writing.promise;
  await cancel({ call_id: call.call_id });
  await expect.poll(() => isHeard(handle, 2), { timeout: 10_000 }).toBe(true);
  away.resolve();
  await conversation.until('it is cancelled', (kinds) => kinds.includes('call.cancelled'));
  const started = own.client.workflow.getHandle(callWorkflowId('default', call.call_id));
  await expect
    .poll(() => started.describe().then(({ status }) => status.name, String), { timeout: 10_000 })
    .toBe('COMPLETED');
  expect(await started.result()).toEqual({ type: 'cancelled' });
  await close({});
  await handle.result();
});
