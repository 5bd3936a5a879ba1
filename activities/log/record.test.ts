import { MockActivityEnvironment } from '@temporalio/testing';
import { describe, expect, test } from 'vitest';
import type { Batch } from '../../contract/batch.ts';
import type { Entry } from '../../contract/entry.ts';
import {
  batch,
  completed,
  interrupted,
  message,
  someone,
  started,
} from '../../test/store/samples.ts';
import { type BusMessage, createLocalBus } from '../../stream/bus.ts';
import { createMemoryStore } from '../../test/kit/memory-store.ts';
import { createRecord, createRecordCommitted, recordWithReply } from './record.ts';

/** Runs the work as an activity of this run. */
const inRun = <T>(work: () => Promise<T>, runId = 'run_a') =>
  new MockActivityEnvironment({ workflowExecution: { workflowId: 'c', runId } }).run(work);

function setUp() {
  const key = someone();
  const store = createMemoryStore();
  const bus = createLocalBus();
  const heard: BusMessage[] = [];
  bus.subscribe(key, (message) => heard.push(message));
  const riding = batch(key, [0, 5], 1, [message(1, 'hello'), started(2, 1)]);
  const dependencies = {
    store,
    bus,
    isCurrentRun: async () => true,
    isTerminated: async () => false,
    originOf: async () => ({}),
  };
  return {
    riding,
    dependencies,
    heard,
    writes: (length: number, entries: Batch['entries']) =>
      store.record(batch(key, [0, length], 1, entries)),
    record: async () => (await inRun(() => recordWithReply(dependencies, riding))) !== undefined,
    log: () => store.window(key, { from: 1, to: 9 }),
  };
}

test('a write during replay is refused, and then succeeds once its task is committed', async () => {
  const { riding, log, heard, dependencies } = setUp();
  const again = inRun(() => createRecord(dependencies)({ ...riding, replayed: true }));
  await expect(again).rejects.toMatchObject({ type: 'StaleFence', nonRetryable: true });
  expect(await log()).toEqual([]);
  expect(heard).toEqual([]);
  await inRun(() => createRecordCommitted(dependencies)(riding));
  expect(await log()).toEqual(riding.entries);
  expect(heard).toMatchObject([
    { type: 'appended', after: 0, changes: { entries: riding.entries } },
  ]);
});

test('a write with a stale fence is refused, and then succeeds once its task is committed', async () => {
  const { riding, log, writes, dependencies } = setUp();
  await writes(9, [message(1, 'in vain')]);
  const late = inRun(() => createRecord(dependencies)({ ...riding, replayed: false }));
  await expect(late).rejects.toMatchObject({ type: 'StaleFence' });
  await inRun(() => createRecordCommitted(dependencies)(riding));
  expect(await log()).toEqual(riding.entries);
});

test('a write that interrupts a reply gives its text to the readers', async () => {
  const { riding, dependencies, writes, heard } = setUp();
  await writes(5, riding.entries);
  const draft = { reply_id: 'reply_1', attempt: 1 };
  await dependencies.store.beginDraft(riding.conversation, draft.reply_id, draft.attempt);
  await dependencies.store.appendDraft(riding.conversation, { ...draft, text: 'Half a ' });
  // As the workflow sends it as long as it does not know that the first entries are written.
  const entries = [...riding.entries, message(3, 'and?'), interrupted(4, 1)];
  const cut = batch(riding.conversation, [0, 9], 1, entries);
  await inRun(() => createRecord(dependencies)({ ...cut, replayed: false }));
  expect(heard).toMatchObject([
    { type: 'stop', reply_id: 'reply_1' },
    { type: 'appended', after: 2, changes: { entries: [{ text: 'and?' }, { text: 'Half a ' }] } },
  ]);
});

test.each([
  ['was cut off before that was committed is reopened', true, 1],
  ['had ended stays closed', false, undefined],
])('a log that was closed by a run which %s', async (_, isTerminated, kept) => {
  const { dependencies, riding, log } = setUp();
  const actor = { type: 'user' as const, id: 'user' };
  const at = '2030-01-01T00:00:00.000Z';
  const end: Entry = { seq: 2, at, kind: 'conversation.closed', actor, cause: [] };
  const closed = { ...riding.head, status: 'closed' as const };
  const first = message(1, 'hello');
  const close = { ...riding, entries: [first, end], head: closed };
  await inRun(() => createRecordCommitted(dependencies)(close), 'run_a');
  const asked: string[] = [];
  const written = await inRun(
    () =>
      createRecordCommitted({
        ...dependencies,
        isTerminated: async (_, runId) => asked.push(runId) > 0 && isTerminated,
      })({ ...riding, base: 2, entries: [message(2, 'late')] }),
    'run_b',
  );
  expect(asked).toEqual(['run_a']);
  expect(written).toMatchObject(
    isTerminated ? { reset: { run_id: 'run_b', kept } } : { closed: true },
  );
  expect(await log()).toEqual(isTerminated ? [first, message(2, 'late')] : [first, end]);
});

describe('a batch that rides on a reply', () => {
  test('is written once, and the readers are notified', async () => {
    const { record, log, riding, heard } = setUp();
    expect(await record()).toBe(true);
    expect(heard).toMatchObject([
      { type: 'appended', after: 0, changes: { entries: riding.entries } },
    ]);
    expect(await record()).toBe(true);
    expect(await log()).toEqual(riding.entries);
  });

  test('removes nothing that a later task wrote after it', async () => {
    const { record, log, riding, writes } = setUp();
    const later = [...riding.entries, completed(3, 1, 'Hello!')];
    await writes(9, later);
    expect(await record()).toBe(true);
    expect(await log()).toEqual(later);
  });

  test('is in the log, with the text of a reply that it cut short, if a later task wrote after it', async () => {
    const { dependencies, writes, riding } = setUp();
    const { conversation } = riding;
    await writes(5, riding.entries);
    const draft = { reply_id: 'reply_1', attempt: 1 };
    await dependencies.store.beginDraft(conversation, draft.reply_id, draft.attempt);
    await dependencies.store.appendDraft(conversation, { ...draft, text: 'Half a ' });
    const cut = [message(3, 'and?'), interrupted(4, 1), started(5, 2)];
    await dependencies.store.record(batch(conversation, [0, 12], 3, [...cut, message(6, 'so?')]));
    const late = batch(conversation, [0, 9], 3, cut);
    const written = await inRun(() => recordWithReply(dependencies, late));
    expect(written).toMatchObject({ entries: [{ seq: 3 }, { text: 'Half a ' }, { seq: 5 }] });
  });

  test.each([
    ['different entries', [message(1, 'hello'), message(2, 'again'), started(3, 1)]],
    ['fewer entries', [message(1, 'hello')]],
  ])('is refused when a later task wrote %s', async (_, later) => {
    const { record, log, writes, heard } = setUp();
    await writes(9, later);
    expect(await record()).toBe(false);
    expect(await log()).toEqual(later);
    expect(heard).toEqual([]);
  });
});
