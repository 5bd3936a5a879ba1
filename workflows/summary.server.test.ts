import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { KEPT_TURNS } from '../conversation/summary.ts';
import { asks, createRig, type Rig } from '../test/kit/rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await createRig(inject('temporalAddress'));
  await rig.startWorker();
});
afterAll(() => rig.close());

const BUDGET = 100;

/** A conversation whose last turn has passed its budget, while a call of its first turn runs. */
async function full(limits = {}) {
  const conversation = await rig.converse({ context_tokens: BUDGET, ...limits });
  const answered = (nth: number) =>
    conversation.until(
      `answer ${nth}`,
      (kinds) => kinds.filter((k) => k === 'reply.completed').length >= nth,
    );
  let answers = 0;
  async function turn(tokens: number) {
    await conversation.say('go on');
    const asked = await rig.asked();
    asked.counts(tokens, 'Ok.');
    await answered(++answers);
    return asked.request;
  }
  await conversation.say('install alpha');
  const call = asks('run_installer', { package: 'alpha' });
  (await rig.asked()).says('Starting.', call);
  answers += 1;
  const tool = await rig.running();
  for (let nth = 0; nth < KEPT_TURNS - 1; nth += 1) await turn(BUDGET);
  await turn(BUDGET + 1);
  return { ...conversation, call, tool, turn };
}

test('a conversation that passes its budget goes on while it is summarised, and then reads the summary and what came since', async () => {
  const { turn, until, key, call, tool, close, handle } = await full();
  const summary = await rig.askedSummary();
  expect(summary.request).toMatchObject({
    conversation: key,
    agent: 'default',
    from: 1,
    attempts: 4,
  });
  const { to } = summary.request;
  const meanwhile = await turn(5 * BUDGET);
  expect(meanwhile).toMatchObject({ from: 1 });
  summary.says('They want alpha.');
  const log = await until('the summary', (kinds) => kinds.includes('summary'));
  const entry = log.find(({ kind }) => kind === 'summary')!;
  expect(entry).toMatchObject({ text: 'They want alpha.', from: 1, to });
  const next = await turn(10);
  expect(next).toMatchObject({ from: to + 1, summary: entry.seq });
  const requested = log.find(({ kind }) => kind === 'call.requested')!.seq;
  expect(requested).toBeLessThanOrEqual(to);
  expect(next.calls).toMatchObject([{ call_id: call.call_id, before: [requested] }]);
  const whole = (await rig.store.entries(key, { after: 0, limit: 10_000 }))!.entries;
  expect(whole.map(({ seq }) => seq)).toEqual(whole.map((_, index) => index + 1));
  expect(whole.slice(0, log.length)).toEqual(log);
  tool.ends({ type: 'completed', result: 'done' });
  (await rig.asked()).says('Installed.');
  await close({});
  await handle.result();
});

test('a summary that fails is logged, and the conversation goes on with its whole log', async () => {
  const { turn, until, close, handle } = await full();
  (await rig.askedSummary()).fails(
    ApplicationFailure.nonRetryable('No such key.', 'ModelAccessDenied'),
  );
  const log = await until('its failure', (kinds) => kinds.includes('summary.failed'));
  expect(log.find(({ kind }) => kind === 'summary.failed')).toMatchObject({
    error: { type: 'ModelAccessDenied', message: 'No such key.' },
  });
  expect(await turn(BUDGET)).toMatchObject({ from: 1 });
  await close({});
  await handle.result();
});

test('a long run continues as new only when its summary is in, and the new run has that summary', async () => {
  const { turn, until, handle, close } = await full({ max_history_events: 20 });
  const summary = await rig.askedSummary();
  const runId = async () =>
    (await rig.client.workflow.getHandle(handle.workflowId).describe()).runId;
  const before = await runId();
  await turn(5 * BUDGET);
  await turn(5 * BUDGET);
  expect(await runId()).toBe(before);
  summary.says('They want alpha.');
  await until('the summary', (kinds) => kinds.includes('summary'));
  const request = await turn(10);
  expect(request).toMatchObject({ from: summary.request.to + 1 });
  await turn(10);
  expect(await runId()).not.toBe(before);
  expect(await turn(10)).toMatchObject({ from: summary.request.to + 1, summary: request.summary });
  await close({});
});

test('the close of a conversation does not wait for its summary', async () => {
  const { close, handle, key } = await full();
  await rig.askedSummary();
  await close({});
  await handle.result();
  const { entries } = (await rig.store.entries(key, { after: 0, limit: 10_000 }))!;
  expect(entries.at(-1)).toMatchObject({ kind: 'conversation.closed' });
});
