import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { callWorkflowId } from '../contract/names.ts';
import type { Slots } from '../contract/call.ts';
import { createMailbox } from '../test/kit/mailbox.ts';
import { asks, createRig, type Rig } from '../test/kit/rig.ts';

const address = inject('temporalAddress');
const limits = new Map<string, Slots>();
const describeTool = async (name: string) => ({
  kind: 'local' as const,
  timeout_ms: 60_000,
  restart: 'resume' as const,
  slots: limits.get(name)!,
});

let rig: Rig;
beforeAll(async () => {
  rig = await createRig(address);
  await rig.startWorker({ describeTool });
});
afterAll(() => rig.close());

/** A new tool for each test, since all conversations share the queue. */
function tool(slots: Slots): string {
  const name = `tool_${randomUUID().slice(0, 8)}`;
  limits.set(name, slots);
  return name;
}

/** Requests a call of this tool in a new conversation; the live notes of the call arrive in `notes`. */
async function callOf(name: string, on = rig) {
  const conversation = await on.converse();
  const notes = createMailbox<string | undefined>('a note is shown');
  on.bus.subscribe(conversation.key, (message) => {
    if (message.type === 'progress') notes.put(message.note);
  });
  await conversation.say('go');
  const call = asks(name);
  (await askedIn(conversation.key.id, on)).says('Starting.', call);
  const workflow = on.client.workflow.getHandle(callWorkflowId('default', call.call_id));
  return { ...conversation, call, notes, workflow };
}

/** Waits for a reply of this conversation, and answers those of others. */
async function askedIn(id: string, on: Rig) {
  for (;;) {
    const asked = await on.asked();
    if (asked.request.conversation.id === id) return asked;
    asked.says('Noted.');
  }
}

const done = { type: 'completed', result: 'done' } as const;

test('a call waits until a call of another conversation is over, and both the user and the model can see that', async () => {
  const name = tool({ tool: 1 });
  const first = await callOf(name);
  const running = await rig.running();
  const second = await callOf(name);
  const note = await second.notes.take();
  expect(note).toBe(`waits for one of 1 places of ${name}, 0 before it`);
  const progress = await rig.store.progress(second.key, [second.call.call_id]);
  expect(progress.get(second.call.call_id)).toMatchObject({ note });

  running.ends(done);
  const next = await rig.running();
  expect(next.start.call_id).toBe(second.call.call_id);
  expect(await second.notes.take()).toBeUndefined();
  next.ends(done);
  expect(await second.workflow.result()).toEqual(done);
  expect(await first.workflow.result()).toEqual(done);
  expect(await rig.store.firstInQueue({ tenant: 'default', queue: `tool/${name}` }, 9)).toEqual([]);
});

test('calls of all tools share the slots of their tenant, in order of arrival', async () => {
  const [one, other] = [tool({ tenant: 1 }), tool({ tool: 5, tenant: 1 })];
  await callOf(one);
  const running = await rig.running();
  const second = await callOf(other);
  await second.notes.take();
  const third = await callOf(one);
  expect(await third.notes.take()).toBe('waits for one of 1 places, 1 before it');
  running.ends(done);
  const next = await rig.running();
  expect(next.start.call_id).toBe(second.call.call_id);
  next.ends(done);
  const last = await rig.running();
  expect(last.start.call_id).toBe(third.call.call_id);
  last.ends(done);
  await third.workflow.result();
});

test('a call that is cancelled while it waits leaves the queue and never runs', async () => {
  const name = tool({ tool: 1 });
  await callOf(name);
  const running = await rig.running();
  const second = await callOf(name);
  await second.notes.take();
  const third = await callOf(name);
  await third.notes.take();
  await second.cancel({ call_id: second.call.call_id });
  expect(await second.workflow.result()).toEqual({ type: 'cancelled' });
  running.ends(done);
  const next = await rig.running();
  expect(next.start.call_id).toBe(third.call.call_id);
  next.ends(done);
});

test('a call whose workflow is terminated does not block the calls that wait for its slot', async () => {
  const name = tool({ tool: 1 });
  const first = await callOf(name);
  await rig.running();
  const second = await callOf(name);
  await second.notes.take();
  await first.workflow.terminate('by hand');
  const next = await rig.running();
  expect(next.start.call_id).toBe(second.call.call_id);
  next.ends(done);
  expect(await second.workflow.result()).toEqual(done);
});

test('another worker finds the queue unchanged', async () => {
  const own = await createRig(address);
  const worker = await own.startWorker({ describeTool });
  const name = tool({ tool: 1 });
  await callOf(name, own);
  await own.running();
  const second = await callOf(name, own);
  await second.notes.take();
  worker.shutdown();
  await own.startWorker({ describeTool });
  const again = await own.running();
  again.ends(done);
  const next = await own.running();
  expect(next.start.call_id).toBe(second.call.call_id);
  next.ends(done);
  expect(await second.workflow.result()).toEqual(done);
  await own.close();
});

test('a call that needs no slot takes none: its history is as short as before', async () => {
  const own = await createRig(address);
  await own.startWorker();
  const { workflow } = await callOf('free', own);
  (await own.running()).ends(done);
  await workflow.result();
  const { events } = await workflow.fetchHistory();
  const started = events?.filter((event) => event.activityTaskScheduledEventAttributes);
  expect(started).toHaveLength(1);
  await own.close();
});
