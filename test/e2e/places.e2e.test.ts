/** A worker with places for two tools, and six that wait until the test lets them go on. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Gates, startGates } from '../kit/gates.ts';
import { asks } from '../kit/played-model.ts';
import { useStage } from '../kit/stage.ts';
import type { Talk } from '../kit/talk.ts';

const stage = useStage({ MEANWHILE_MAX_TOOLS: '2' });

let gates: Gates;
beforeAll(async () => void (gates = await startGates()));
afterAll(() => gates.close());

const WAITS = /^waits for one of 2 places of this worker, \d before it$/;

/** A conversation that has two tools running, or waiting for a place. */
async function withTwoCalls(name: string) {
  const talk = await stage.talk('Go.');
  const call = () => asks('relay', { gates: `${gates.url}/${name}` });
  (await stage.model.asked()).says('Going.', call(), call());
  await talk.log.until(
    'both are started',
    () => talk.log.of('call.started').length === 2 || undefined,
  );
  return talk;
}

const notesOf = async (talk: Talk): Promise<string[]> =>
  (await talk.head()).calls.map(({ note }: { note?: string }) => note);

test('while tools wait for a place, and show it, others are answered at once; then each of them runs', async () => {
  const { model } = stage;
  const first = await withTwoCalls('first');
  expect([await gates.reached(), await gates.reached()]).toEqual(['first/1', 'first/1']);
  const second = await withTwoCalls('second');
  const third = await withTwoCalls('third');
  for (const talk of [second, third]) {
    await expect
      .poll(() => notesOf(talk))
      .toEqual([expect.stringMatching(WAITS), expect.stringMatching(WAITS)]);
    const live = talk.items.flatMap((item) => (item.type === 'progress' ? [item.data.note] : []));
    expect(live).toContainEqual(expect.stringMatching(WAITS));
  }

  const hello = await stage.talk('Hello.');
  (await model.asked()).says('Hello!');
  expect(await hello.replied(1)).toMatchObject({ text: 'Hello!' });

  await second.say('How far is it?');
  const asked = await model.asked();
  expect(JSON.stringify(asked.request)).toContain('waits for one of 2 places of this worker');
  asked.says('They wait.');

  // One that is cancelled while it waits never runs.
  const [cancelled] = third.log.of('call.started').map(({ call_id }) => call_id);
  await third.post(`calls/${cancelled}/cancel`);
  expect(await stage.workflows.call(cancelled!).result()).toEqual({ type: 'cancelled' });

  for (const name of ['first', 'second', 'third'])
    for (const gate of [1, 2]) gates.open(`${name}/${gate}`);
  const talks = [first, second, third];
  const answering = answerAll();
  for (const talk of talks) {
    await talk.log.until(
      'all calls are over',
      () =>
        talk.log.of('call.completed').length + talk.log.of('call.cancelled').length === 2 ||
        undefined,
    );
  }
  answering.stop();
  expect(talks.map(({ log }) => log.of('call.failed'))).toEqual([[], [], []]);
  expect((await notesOf(second)).join()).not.toMatch(WAITS);
});

/** News of calls that end is told meanwhile. */
function answerAll() {
  let isOver = false;
  void (async () => {
    while (!isOver) (await stage.model.asked()).says('Noted.');
  })().catch(() => {});
  return { stop: () => void (isOver = true) };
}
