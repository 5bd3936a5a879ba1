/** Whatever a call has left running is stopped when it ends, unless it ended well. */
import { expect, inject, onTestFinished, test } from 'vitest';
import { asks, createRig } from '../test/kit/rig.ts';

/** A call that runs a tool which keeps something running, and the ids of the calls whose program was stopped. */
async function keeping() {
  const own = await createRig(inject('temporalAddress'));
  onTestFinished(() => own.close());
  const stopped: string[] = [];
  await own.startWorker({
    describeTool: async () => ({
      kind: 'local',
      timeout_ms: 60_000,
      restart: 'reattach',
      keeps: true,
    }),
    stopProgram: async ({ call_id }) => void stopped.push(call_id),
  });
  const conversation = await own.converse();
  await conversation.say('install alpha');
  const { call_id, ...call } = asks('run_installer', { package: 'alpha' });
  (await own.asked()).says('Starting.', { ...call, call_id });
  return { ...conversation, own, call_id, stopped, tool: await own.running() };
}

test('a call that has failed stops what it left running, before anybody is told', async () => {
  const { own, tool, call_id, stopped } = await keeping();
  tool.ends({ type: 'failed', error: { type: 'WorkerLost', message: 'Its worker is gone.' } });
  const told = await own.asked();
  expect(stopped).toEqual([call_id]);
  told.says('It failed.');
});

test('so does one that is cancelled', async () => {
  const { cancel, call_id, stopped } = await keeping();
  await cancel({ call_id });
  await expect.poll(() => stopped, { timeout: 10_000 }).toEqual([call_id]);
});

test('one that has completed has nothing to stop', async () => {
  const { own, tool, stopped } = await keeping();
  tool.ends({ type: 'completed', result: 'done' });
  (await own.asked()).says('Installed.');
  expect(stopped).toEqual([]);
});
