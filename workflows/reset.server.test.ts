/** An operator resets a conversation in Temporal: another run goes on from an earlier point. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { EntryKind } from '../contract/entry.ts';
import { callWorkflowId } from '../contract/names.ts';
import { asks, count, createRig, type Rig } from '../test/kit/rig.ts';

const address = inject('temporalAddress');
let rig: Rig;
/** The ids of the calls whose tools ran, once for each run. */
const ran: string[] = [];
beforeAll(async () => {
  rig = await createRig(address);
  await rig.startWorker({
    runTool(start) {
      ran.push(start.call_id);
      return rig.activities.runTool(start);
    },
  });
});
afterAll(() => rig.close());

/** `temporal.api.enums.v1.EventType`, `.ResetReapplyExcludeType` */
const TASK_COMPLETED = 7;
const SIGNALS_AND_UPDATES = [1, 2];

type Conversation = Awaited<ReturnType<Rig['converse']>>;

/** The tasks of the current run, by the number of the event at which each was completed, oldest first. */
async function tasksOf({ handle }: Conversation, on = rig): Promise<number[]> {
  const { events } = await on.client.workflow.getHandle(handle.workflowId).fetchHistory();
  return events!
    .filter(({ eventType }) => Number(eventType) === TASK_COMPLETED)
    .map(({ eventId }) => Number(eventId));
}

async function reset(
  { handle }: Conversation,
  task: number,
  { on = rig, runId = '', forgets = false } = {},
): Promise<string> {
  const made = await on.client.workflowService.resetWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId: handle.workflowId, runId },
    reason: 'by hand',
    workflowTaskFinishEventId: task as never,
    requestId: randomUUID(),
    ...(forgets && { resetReapplyExcludeTypes: SIGNALS_AND_UPDATES }),
  });
  return made.runId;
}

/** The last task that was completed before the first event of this kind. */
async function taskBefore(conversation: Conversation, attributes: string): Promise<number> {
  const { handle } = conversation;
  const { events } = await rig.client.workflow.getHandle(handle.workflowId).fetchHistory();
  const at = events!.findIndex((event) => (event as never)[attributes]);
  return Number(
    events!.slice(0, at).findLast(({ eventType }) => Number(eventType) === TASK_COMPLETED)!.eventId,
  );
}

/** The task in which the answer to a message was heard. */
async function taskOfReply({ handle }: Conversation, number: number): Promise<number> {
  let task: number | undefined;
  const find = async () => {
    const { events } = await rig.client.workflow.getHandle(handle.workflowId).fetchHistory();
    const replies = events!.filter((event) => event.activityTaskCompletedEventAttributes);
    const since = events!.slice(events!.indexOf(replies[number - 1]!));
    const done = since.find(({ eventType }) => Number(eventType) === TASK_COMPLETED);
    return (task = done && Number(done.eventId));
  };
  await expect.poll(find).toBeDefined();
  return task!;
}

const logOf = async ({ key }: Conversation, on = rig) =>
  (await on.store.entries(key, { after: 0, limit: 1_000 }))?.entries ?? [];
const kindsOf = async (conversation: Conversation, on = rig) =>
  (await logOf(conversation, on)).map(({ kind }) => kind);

/** Replies of earlier runs may still be requested. */
async function askedIn({ key }: Conversation) {
  for (;;) {
    const asked = await rig.asked();
    if (asked.request.conversation.id === key.id) return asked;
    asked.says('Nobody waits.');
  }
}

async function answered(conversation: Conversation, text: string, answer = `To ${text}`) {
  const before = count(await kindsOf(conversation), 'reply.completed');
  await conversation.say(text);
  (await askedIn(conversation)).says(answer);
  await conversation.until('it is answered', (k) => count(k, 'reply.completed') > before);
}

describe('a conversation that is reset to its first task', () => {
  test('logs the reset, tells its readers, and answers at once', async () => {
    const conversation = await rig.converse();
    await expect.poll(() => tasksOf(conversation)).toHaveLength(1);
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

async function withCall(conversation: Conversation, more: object = {}) {
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
  await expect.poll(() => tasksOf(conversation)).toHaveLength(1);
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
  await expect.poll(() => tasksOf(conversation)).toHaveLength(1);
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
