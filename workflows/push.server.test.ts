/** News is pushed into a harness by an activity, which is not lost with the run that started it. */
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { asks, count, createRig, type Rig } from '../test/kit/rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await createRig(inject('temporalAddress'));
  await rig.startWorker();
});
afterAll(() => rig.close());

const pushes = { harness: 'codex', thread: 'thread_1' } as const;

test('each result is pushed once it is there, and has a receipt when the harness has taken it', async () => {
  const conversation = await rig.converse({}, { replies: 'external', pushes });
  await conversation.request({ call: asks('run_installer') });
  const tool = await rig.running();
  await tool.tells({ n: 1, percent: 50 });
  const first = await rig.pushed();
  expect(first.push).toMatchObject({ ...pushes, conversation: conversation.key });
  const of = first.push.news.map(({ seq }) => seq);
  first.isTaken(of);
  tool.ends({ type: 'completed', result: 'done' });
  const second = await rig.pushed();
  second.isTaken([]);
  await conversation.acknowledge({ to: 99 });
  await conversation.until('it is acknowledged', (kinds) => count(kinds, 'receipt') === 2);
  const page = await rig.store.entries(conversation.key, {
    after: 0,
    limit: 100,
    kinds: ['receipt'],
  });
  expect(page!.entries).toMatchObject([
    { of, fate: 'delivered', anchor: 'pushed' },
    { of: [...of, ...second.push.news.map(({ seq }) => seq)], fate: 'acknowledged' },
  ]);
});

test('a push that its harness does not take prevents no long run from continuing as new, which pushes again', async () => {
  const limits = { max_history_events: 30 };
  const conversation = await rig.converse(limits, { replies: 'external', pushes });
  await conversation.request({ call: asks('run_installer') });
  const tool = await rig.running();
  tool.ends({ type: 'completed', result: 'done' });
  const first = await rig.pushed();
  const { push } = first;
  for (let to = 0; to < 20; to += 1) await conversation.acknowledge({ to: 0 });
  const again = await rig.pushed();
  expect(again.push).toEqual(push);
  again.isTaken(push.news.map(({ seq }) => seq));
  await conversation.until('it is delivered', (kinds) => kinds.includes('receipt'));
  // The worker waits for it when it stops.
  first.isTaken([]);
});
