/** Writes to the log that are never committed, slow, late or lost with their worker. */
import { once } from 'node:events';
import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from '@temporalio/worker';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import type { Batch } from '../contract/batch.ts';
import type { EntryKind } from '../contract/entry.ts';
import { callWorkflowId } from '../contract/names.ts';
import { openStore } from '../store/open.ts';
import { isHeard } from '../test/kit/is-heard.ts';
import type { RigConversation } from '../test/kit/resets.ts';
import { asks, count, createRig, type Rig } from '../test/kit/rig.ts';
import { workflowBundle } from '../worker/bundle.ts';

const address = inject('temporalAddress');
/** A conversation whose first worker is killed at `place`. The worker that replaces it has the same store and is not started yet. */
async function doom(
  place: 'in-reply' | 'in-record' | 'in-committed-record',
  meanwhile: (doomed: ChildProcess, conversation: RigConversation) => Promise<void>,
) {
  const folder = await mkdtemp(join(tmpdir(), 'meanwhile-'));
  const taskQueue = `doomed-${randomUUID()}`;
  const own = await createRig(address, { taskQueue });
  const conversation = await own.converse({}, { workflowTaskTimeout: '1s' });
  await conversation.say('A');
  const doomed = fork('test/kit/doomed-worker.ts', [address, taskQueue, folder, place]);
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

/** An earlier reply may be requested once more until its workflow knows that it was interrupted. */
async function askedFor(rig: Rig, replyId: string) {
  let reply = await rig.asked();
  while (reply.request.reply_id !== replyId) reply = await rig.asked();
  return reply;
}

test('a worker that dies between the write and the commit leaves no entry twice, and readers are told', async () => {
  const { say, key, heir, store, log } = await doom('in-record', async (doomed, { say }) => {
    await once(doomed, 'message');
    await say('B', { when_busy: 'queue' });
  });
  const inVain = await log();
  expect(inVain.entries.map(({ kind }) => kind)).toEqual([
    'message.user',
    'reply.started',
    'message.user',
  ]);
  await say('C');
  await heir.startWorker();
  const { request } = await askedFor(heir, 'reply_2');
  expect(request).toMatchObject({ to: 6 });
  expect((await log()).entries).toMatchObject([
    { seq: 1, text: 'A' },
    { seq: 2, kind: 'reply.started', reply_id: 'reply_1' },
    { seq: 3, text: 'B' },
    { seq: 4, text: 'C' },
    { seq: 5, kind: 'reply.interrupted', reply_id: 'reply_1' },
    { seq: 6, kind: 'reply.started', reply_id: 'reply_2', cause: [1, 3, 4] },
  ]);
  const followed = await store.follow(key, { after: 3, revision: inVain.revision, limit: 10 });
  expect(followed?.rewind).toBeLessThan(3);
  expect(followed?.revision).toBe(inVain.revision + 1);
});

test('a late write of a task that was carried over does not block the write of the next worker', async () => {
  const { heir, log, handle } = await doom(
    'in-committed-record',
    async (doomed, { say, handle }) => {
      await once(doomed, 'message');
      await say('B', { when_busy: 'queue' });
      await once(doomed, 'message');
      // It cannot be decided on before B is written, and the task of B ends meanwhile.
      await say('C', { when_busy: 'queue' });
      await expect.poll(() => isHeard(handle, 3), { timeout: 10_000 }).toBe(true);
      doomed.send('go on');
    },
  );
  await heir.startWorker();
  (await heir.asked()).says('Here.');
  (await askedFor(heir, 'reply_2')).says('There.');
  await expect
    .poll(async () => (await log()).entries.at(-1), { timeout: 10_000 })
    .toMatchObject({ kind: 'reply.completed', text: 'There.' });
  const { entries } = await log();
  expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, i) => i + 1));
  const texts = entries.flatMap((entry) => (entry.kind === 'message.user' ? [entry.text] : []));
  expect(texts).toEqual(['A', 'B', 'C']);
  const history = await handle.fetchHistory();
  expect(activitiesIn(history)).toContain('recordCommitted');
  const bundle = await workflowBundle('node_modules/.cache/meanwhile');
  await Worker.runReplayHistory({ workflowBundle: bundle }, history, handle.workflowId);
});

const activitiesIn = ({ events }: Awaited<ReturnType<RigConversation['handle']['fetchHistory']>>) =>
  events!.map((event) => event.activityTaskScheduledEventAttributes?.activityType?.name);

describe('a worker that dies before a reply has written its batch', () => {
  test('leaves the batch to the next attempt', async () => {
    const { heir, store, key, log } = await doom('in-reply', async () => {});
    expect(await store.window(key, { from: 1, to: 9 })).toEqual([]);
    await heir.startWorker();
    (await heir.asked()).says('Here.');
    await expect
      .poll(async () => (await log()).entries.map(({ kind }) => kind), { timeout: 10_000 })
      .toEqual(['message.user', 'reply.started', 'reply.completed']);
  });

  test('leaves the batch to the next write if that comes first', async () => {
    const { say, heir, store, key, log } = await doom('in-reply', async () => {});
    await say('B');
    expect(await store.window(key, { from: 1, to: 9 })).toEqual([]);
    await heir.startWorker();
    const { request } = await askedFor(heir, 'reply_2');
    expect(request).toMatchObject({ to: 5 });
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

test('a reply that is retried after later entries were written is not lost', async () => {
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
  // It is written with the message that waits, under a higher fence; then the reply starts again.
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

/** A conversation whose first write of such an entry waits for its release, past the timeout of its task. */
async function withSlowWrite(slow: EntryKind) {
  const own = await createRig(address);
  onTestFinished(() => own.close());
  const writing = Promise.withResolvers<void>();
  const away = Promise.withResolvers<void>();
  await own.startWorker({
    async record(batch) {
      if (batch.entries.some(({ kind }) => kind === slow)) {
        writing.resolve();
        await away.promise;
      }
      return own.activities.record(batch);
    },
  });
  const conversation = await own.converse({}, { workflowTaskTimeout: '1s' });
  return {
    ...conversation,
    own,
    isWriting: writing.promise,
    /** Releases the write once a task has begun that hears this many signals. */
    async releaseAfter(signals: number) {
      // A task that waits for its write is carried into the next one.
      const heard = () => isHeard(conversation.handle, signals);
      await expect.poll(heard, { timeout: 10_000 }).toBe(true);
      away.resolve();
    },
  };
}

test('a message that is accepted while the end is being written is logged before the end', async () => {
  const { own, handle, close, say, key, isWriting, releaseAfter } =
    await withSlowWrite('conversation.closed');
  await close({});
  await isWriting;
  await say('One more thing');
  await releaseAfter(2);
  await handle.result();
  const { entries } = (await own.store.entries(key, { after: 0, limit: 10 }))!;
  expect(entries.map(({ kind }) => kind)).toEqual(['message.user', 'conversation.closed']);
});

test('a call that is cancelled in the task that starts it is started and then cancelled', async () => {
  const { own, handle, say, cancel, close, until, isWriting, releaseAfter } =
    await withSlowWrite('call.started');
  await say('install alpha');
  const call = asks('run_installer', { package: 'alpha' });
  (await own.asked()).says('Starting.', call);
  await isWriting;
  await cancel({ call_id: call.call_id });
  await releaseAfter(2);
  await until('it is cancelled', (kinds) => kinds.includes('call.cancelled'));
  const started = own.client.workflow.getHandle(callWorkflowId('default', call.call_id));
  await expect
    .poll(() => started.describe().then(({ status }) => status.name, String), { timeout: 10_000 })
    .toBe('COMPLETED');
  expect(await started.result()).toEqual({ type: 'cancelled' });
  await close({});
  await handle.result();
});
