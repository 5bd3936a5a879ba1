/** A call that does not complete stops the program that it left running. */
import { expect, inject, onTestFinished, test } from 'vitest';
import { callWorkflowId } from '../contract/names.ts';
import { asks, createRig } from '../test/kit/rig.ts';

/** A call of a tool that keeps a program running, and the ids of the calls whose program was stopped. */
async function keeping() {
  const own = await createRig(inject('temporalAddress'));
  onTestFinished(() => own.close());
  const stopped: string[] = [];
  await own.startWorker({
    describeTool: async () => KEEPS,
    stopProgram: async ({ call_id }) => void stopped.push(call_id),
  });
  const conversation = await own.converse();
  await conversation.say('install alpha');
  const { call_id, ...call } = asks('run_installer', { package: 'alpha' });
  (await own.asked()).says('Starting.', { ...call, call_id });
  return { ...conversation, own, call_id, stopped, tool: await own.running() };
}

test('a call that fails stops its program before the model is told', async () => {
  const { own, tool, call_id, stopped } = await keeping();
  tool.ends({ type: 'failed', error: { type: 'WorkerLost', message: 'Its worker is gone.' } });
  const told = await own.asked();
  expect(stopped).toEqual([call_id]);
  told.says('It failed.');
});

test('a call that is cancelled stops its program', async () => {
  const { cancel, call_id, stopped } = await keeping();
  await cancel({ call_id });
  await expect.poll(() => stopped, { timeout: 10_000 }).toEqual([call_id]);
});

test('a call that had begun, and is cancelled before its workflow knows the tool, stops its program', async () => {
  const own = await createRig(inject('temporalAddress'));
  onTestFinished(() => own.close());
  const stopped: string[] = [];
  const cancelled = Promise.withResolvers<void>();
  await own.startWorker({
    async describeTool() {
      await cancelled.promise;
      return KEEPS;
    },
    stopProgram: async ({ call_id }) => void stopped.push(call_id),
  });
  const { request, cancel, until } = await own.converse({}, { replies: 'external' });
  const call = asks('run_installer', { package: 'alpha' });
  await cancel({ call_id: call.call_id });
  await request({ call, begun: true });
  const itself = own.client.workflow.getHandle(callWorkflowId('default', call.call_id));
  const isCancelled = async () =>
    (await itself.fetchHistory().catch(() => undefined))?.events?.some(
      (event) => event.workflowExecutionCancelRequestedEventAttributes,
    );
  await expect.poll(isCancelled, { timeout: 10_000 }).toBe(true);
  cancelled.resolve();
  await expect.poll(() => stopped, { timeout: 10_000 }).toEqual([call.call_id]);
  const log = await until('it is over', (kinds) => kinds.includes('call.cancelled'));
  expect(log.map(({ kind }) => kind)).toEqual(['call.requested', 'call.cancelled']);
});

test('a call that has completed stops nothing', async () => {
  const { own, tool, stopped } = await keeping();
  tool.ends({ type: 'completed', result: 'done' });
  (await own.asked()).says('Installed.');
  expect(stopped).toEqual([]);
});

test('a call that an operator cancels is cancelled even if its worker dies before confirming that', async () => {
  const own = await createRig(inject('temporalAddress'));
  onTestFinished(() => own.close());
  const begun = Promise.withResolvers<void>();
  const dead = Promise.withResolvers<never>();
  onTestFinished(() => dead.reject(new Error('The test is over.')));
  await own.startWorker({
    // Without a heartbeat, as from a worker that is dead.
    runTool() {
      begun.resolve();
      return dead.promise;
    },
  });
  const { say, until } = await own.converse();
  await say('install alpha');
  const call = asks('run_installer', { package: 'alpha' });
  (await own.asked()).says('Starting.', call);
  await begun.promise;
  await own.client.workflow.getHandle(callWorkflowId('default', call.call_id)).cancel();
  const log = await until('it has ended', (kinds) => kinds.some((kind) => ENDS.has(kind)));
  expect(log.at(-1)).toMatchObject({ kind: 'call.cancelled', call_id: call.call_id });
});

const KEEPS = { kind: 'local', timeout_ms: 60_000, restart: 'reattach', keeps: true } as const;
const ENDS = new Set(['call.cancelled', 'call.failed']);
