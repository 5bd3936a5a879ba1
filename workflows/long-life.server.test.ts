import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { RequestedCall } from '../contract/call.ts';
import { asks, count, createRig, type Rig } from '../test/kit/rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await createRig(inject('temporalAddress'));
  await rig.startWorker();
});
afterAll(() => rig.close());

/** A conversation whose runs are watched: the size of each, by its id. */
async function watched(limits = {}) {
  const conversation = await rig.converse(limits);
  const runs = new Map<string, { events: number; bytes: number }>();
  const look = async () => {
    const handle = rig.client.workflow.getHandle(conversation.handle.workflowId);
    const { runId, historyLength, historySize } = await handle.describe();
    runs.set(runId, { events: historyLength, bytes: historySize ?? 0 });
    return runs.size;
  };
  let turns = 0;
  const turn = async (text: string, ...calls: RequestedCall[]) => {
    await conversation.say(text);
    (await rig.asked()).says('Ok.', ...calls);
    turns += 1;
    await conversation.until(
      `answer ${turns}`,
      (kinds) => count(kinds, 'reply.completed') === turns,
    );
    await look();
  };
  return { ...conversation, runs, look, turn };
}

test('a timer that is due in days does not prevent a long run from continuing as new at a quiet moment', async () => {
  const { turn, look, close } = await watched({ max_history_events: 30 });
  const approval = { timeout_ms: 7 * 24 * 3_600_000 };
  await turn('pay', { ...asks('pays'), approval });
  for (let i = 1; i <= 3; i++) await turn(`message ${i}`);
  await expect.poll(look, { timeout: 15_000 }).toBeGreaterThan(1);
  await close({});
});

test('no run grows beyond 4 MB with messages of 100 kB, and no message is lost', async () => {
  const { turn, runs, until, close } = await watched();
  const words = (i: number) => `message ${i} `.padEnd(100_000, 'x');
  for (let i = 1; i <= 24; i++) await turn(words(i));
  expect(runs.size).toBeGreaterThan(1);
  for (const { bytes } of runs.values()) expect(bytes).toBeLessThan(4_000_000);
  const log = await until('all of them', (kinds) => count(kinds, 'reply.completed') === 24);
  const said = log.filter((entry) => entry.kind === 'message.user').map(({ text }) => text);
  expect(said).toEqual(Array.from({ length: 24 }, (_, index) => words(index + 1)));
  await close({});
});

test('a call goes on through many runs of its conversation, whose log is complete', async () => {
  const { turn, runs, until, close } = await watched({ max_history_events: 30 });
  await turn('install alpha', asks('run_installer'));
  const tool = await rig.running();
  const texts = Array.from({ length: 30 }, (_, index) => `message ${index + 1}`);
  for (const text of texts) await turn(text);
  tool.ends({ type: 'completed', result: 'done' });
  (await rig.asked()).says('Installed.');
  const log = await until('the end is told', (kinds) => kinds.includes('receipt'));
  expect(runs.size).toBeGreaterThan(3);
  for (const { events } of runs.values()) expect(events).toBeLessThan(100);
  expect(log.map(({ seq }) => seq)).toEqual(log.map((_, index) => index + 1));
  const said = log.filter((entry) => entry.kind === 'message.user').map(({ text }) => text);
  expect(said).toEqual(['install alpha', ...texts]);
  const ends = log.filter((entry) => entry.kind === 'call.completed');
  expect(ends).toMatchObject([{ call_id: tool.start.call_id, result: 'done' }]);
  await close({});
});
