/** An operator resets a conversation in Temporal: another run goes on from an earlier point. */
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { EntryKind } from '../contract/entry.ts';
import { resetsOf } from '../test/kit/resets.ts';
import { count, createRig, type Rig } from '../test/kit/rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await createRig(inject('temporalAddress'));
  await rig.startWorker();
});
afterAll(() => rig.close());

const { answered, askedIn, kindsOf, logOf, reset, taskOfReply, tasksOf } = resetsOf(() => rig);

describe('a conversation that is reset to its first task', () => {
  test('logs the reset, tells its readers, and answers at once', async () => {
    const conversation = await rig.converse();
    await expect.poll(() => tasksOf(conversation), { timeout: 10_000 }).toHaveLength(1);
    for (const text of ['one', 'two', 'three']) await answered(conversation, text);
    const { revision } = (await rig.store.conversation(conversation.key))!;
    const had = (await logOf(conversation)).length;
    await reset(conversation, (await tasksOf(conversation))[0]!, { forgets: true });
    const log = await conversation.until('it says so', (k) => k.includes('conversation.reset'));
    expect(log).toMatchObject([
      {
        kind: 'conversation.reset',
        from: 1,
        to: had,
        reason: 'by hand',
        actor: { type: 'system', id: 'operator' },
      },
    ]);
    const follow = { after: had, revision, limit: 100 };
    const reader = await rig.store.follow(conversation.key, follow);
    expect(reader).toMatchObject({ rewind: 0, entries: log });
    await answered(conversation, 'four');
    const entries = await logOf(conversation);
    expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, index) => index + 1));
    expect(await kindsOf(conversation)).toEqual([
      'conversation.reset',
      'message.user',
      'reply.started',
      'reply.completed',
    ]);
    await conversation.close({});
    await rig.client.workflow.getHandle(conversation.handle.workflowId).result();
  });

  test('receives again what was sent to it, and loses nothing', async () => {
    const conversation = await rig.converse();
    for (const text of ['one', 'two', 'three']) await answered(conversation, text);
    await reset(conversation, (await tasksOf(conversation))[0]!);
    const asked = await askedIn(conversation);
    asked.says('To all of it.');
    await conversation.until(
      'it is answered',
      (kinds) =>
        kinds.at(-1) === 'reply.completed' ||
        (kinds.includes('conversation.reset') && kinds.includes('reply.completed')),
    );
    const log = await logOf(conversation);
    const said = log.flatMap((entry) => (entry.kind === 'message.user' ? [entry.text] : []));
    expect(said).toEqual(['one', 'two', 'three']);
    expect(
      count(
        log.map(({ kind }) => kind),
        'reply.completed',
      ),
    ).toBe(1);
    await expect
      .poll(async () => count(await kindsOf(conversation), 'conversation.reset'), {
        timeout: 10_000,
      })
      .toBe(1);
    await answered(conversation, 'four');
    expect(count(await kindsOf(conversation), 'conversation.reset')).toBe(1);
    await conversation.close({});
  });
});

test('a reply in flight goes on in the run that a reset creates', async () => {
  const conversation = await rig.converse();
  await answered(conversation, 'one');
  await conversation.say('two');
  const first = await askedIn(conversation);
  const tasks = await tasksOf(conversation);
  await reset(conversation, tasks.at(-1)!);
  let again = await askedIn(conversation);
  expect(again.request.reply_id).toBe('reply_2');
  first.says('Of the run that was ended.');
  again.says('Of the run that goes on.');
  const done = () => conversation.until('it is answered', (k) => count(k, 'reply.completed') === 2);
  const log = await done();
  expect(log.findLast(({ kind }) => kind === 'reply.completed')).toMatchObject({
    text: 'Of the run that goes on.',
  });
  expect(log.filter(({ kind }) => kind === 'reply.failed')).toEqual([]);
  await conversation.close({});
});

test('a closed conversation stays closed, and the run that a reset creates ends', async () => {
  const conversation = await rig.converse();
  await answered(conversation, 'one');
  const tasks = await tasksOf(conversation);
  await conversation.close({});
  await conversation.handle.result();
  const before = await logOf(conversation);
  const runId = conversation.handle.firstExecutionRunId;
  for (const [task, forgets] of [
    [tasks[0]!, true],
    [tasks.at(-1)!, true],
    [tasks[0]!, false],
  ] as const) {
    await reset(conversation, task, { forgets, runId });
    await rig.client.workflow.getHandle(conversation.handle.workflowId).result();
    expect(await logOf(conversation)).toEqual(before);
    expect(await rig.store.conversation(conversation.key)).toMatchObject({ status: 'closed' });
  }
});

test('after two resets in a row, and one of a run that a reset had ended, the log is what the last run decides', async () => {
  const conversation = await rig.converse();
  await expect.poll(() => tasksOf(conversation), { timeout: 10_000 }).toHaveLength(1);
  for (const text of ['one', 'two', 'three']) await answered(conversation, text);
  const tasks = await tasksOf(conversation);
  const [first, last] = [await taskOfReply(conversation, 1), await taskOfReply(conversation, 3)];
  const original = (await rig.client.workflow.getHandle(conversation.handle.workflowId).describe())
    .runId;
  const expectLog = async (...kinds: EntryKind[]) => {
    await expect.poll(() => kindsOf(conversation), { timeout: 10_000 }).toEqual(kinds);
    const entries = await logOf(conversation);
    expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, index) => index + 1));
  };
  const turn = ['message.user', 'reply.started', 'reply.completed'] as const;
  // The task in which the first answer was written.
  await reset(conversation, first, { forgets: true });
  await expectLog(...turn, 'conversation.reset');
  await answered(conversation, 'four');
  await reset(conversation, tasks[0]!, { forgets: true });
  await expectLog('conversation.reset');
  await answered(conversation, 'five');
  // Back to where all three were answered.
  await reset(conversation, last, { forgets: true, runId: original });
  await expectLog(...turn, ...turn, ...turn, 'conversation.reset');
  const said = (await logOf(conversation)).flatMap((e) =>
    e.kind === 'message.user' ? [e.text] : [],
  );
  expect(said).toEqual(['one', 'two', 'three']);
  await answered(conversation, 'six');
  await expectLog(...turn, ...turn, ...turn, 'conversation.reset', ...turn);
  await conversation.close({});
});

test('a reset of an earlier run takes back what the later runs wrote', async () => {
  const conversation = await rig.converse({ max_history_events: 20 });
  const run = async () =>
    (await rig.client.workflow.getHandle(conversation.handle.workflowId).describe()).runId;
  await expect.poll(() => tasksOf(conversation), { timeout: 10_000 }).toHaveLength(1);
  await answered(conversation, 'one');
  const first = await run();
  const [task] = await tasksOf(conversation);
  for (let i = 2; i < 6; i++) await answered(conversation, `more ${i}`);
  await expect.poll(run, { timeout: 30_000 }).not.toBe(first);
  await answered(conversation, 'the last');
  await reset(conversation, task!, { forgets: true, runId: first });
  await expect
    .poll(() => kindsOf(conversation), { timeout: 10_000 })
    .toEqual(['conversation.reset']);
  for (let i = 1; i < 5; i++) await answered(conversation, `again ${i}`);
  await conversation.close({});
  await rig.client.workflow.getHandle(conversation.handle.workflowId).result();
  expect((await logOf(conversation)).at(-1)).toMatchObject({ kind: 'conversation.closed' });
});
