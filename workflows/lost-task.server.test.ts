/** Workflow tasks that the server loses or carries over while their decisions are being written. */
import { Connection } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { expect, onTestFinished, test } from 'vitest';
import type { Batch } from '../contract/batch.ts';
import { isHeard } from '../test/kit/is-heard.ts';
import { asks, count, createRig } from '../test/kit/rig.ts';
import { startTestTemporal } from '../test/kit/temporal.ts';
import { workflowBundle } from '../worker/bundle.ts';
import { registerSearchAttributes } from '../worker/search-attributes.ts';

/** A Temporal server that a test may kill; it restarts with its data. */
async function startOwnTemporal() {
  const temporal = await startTestTemporal(() => {});
  onTestFinished(() => temporal.close());
  const connection = await Connection.connect({ address: temporal.address });
  await registerSearchAttributes(connection, 'default');
  await connection.close();
  return {
    address: temporal.address,
    async kill() {
      const { pid } = temporal;
      process.kill(pid, 'SIGKILL');
      await expect.poll(() => temporal.pid !== pid, { timeout: 30_000 }).toBe(true);
    },
  };
}

test('a message that comes after a crash of the server is heard, even if an approval was being written then', async () => {
  const temporal = await startOwnTemporal();
  const rig = await createRig(temporal.address);
  onTestFinished(() => rig.close());
  // Runs before the others: a worker waits for its activities.
  onTestFinished(() => slow.resolve());
  const writing = Promise.withResolvers<void>();
  const slow = Promise.withResolvers<void>();
  const pass = async ({ entries }: Batch) => {
    if (!entries.some(({ kind }) => kind === 'call.approved')) return;
    writing.resolve();
    await slow.promise;
  };
  await rig.startWorker({
    record: (batch) => pass(batch).then(() => rig.activities.record(batch)),
    recordCommitted: (batch) => pass(batch).then(() => rig.activities.recordCommitted(batch)),
  });
  const { say, until, decide, handle, close } = await rig.converse();
  await say('pay Ann');
  const call = { ...asks('send_payment', { to: 'Ann' }), approval: { timeout_ms: 3_600_000 } };
  (await rig.asked()).says('I ask for it.', call);
  await until('it awaits approval', (kinds) => kinds.includes('call.awaiting_approval'));
  await say('tell me something');
  await rig.asked();
  await until('the reply began', (kinds) => count(kinds, 'reply.started') === 2);

  const decided = decide({ call_id: call.call_id, decision: 'approve' });
  // The client may learn of the crash before the decision is accepted.
  decided.catch(() => {});
  await writing.promise;
  await temporal.kill();
  await say('and now this', { when_busy: 'interrupt' });
  await expect.poll(() => isHeard(handle, 3), { timeout: 30_000 }).toBe(true);
  slow.resolve();

  (await rig.running()).ends({ type: 'completed', result: 'paid' });
  const log = await until('the message interrupts', (kinds) => kinds.includes('reply.interrupted'));
  expect(log.map(({ seq }) => seq)).toEqual(log.map((_, i) => i + 1));
  expect(log.filter(({ kind }) => kind === 'message.user')).toHaveLength(3);
  await close({});
  await handle.result();
  const history = await handle.fetchHistory();
  const bundle = await workflowBundle('node_modules/.cache/meanwhile');
  await Worker.runReplayHistory({ workflowBundle: bundle }, history, handle.workflowId);
}, 120_000);
