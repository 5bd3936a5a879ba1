import { expect, test } from 'vitest';
import { identify } from '../../tools/process-identity.ts';
import { asks } from '../kit/played-model.ts';
import { useStage } from '../kit/stage.ts';
import type { Talk } from '../kit/talk.ts';

const stage = useStage({ MEANWHILE_MAX_RUNNING: '1' });

test('one call runs and the others wait in order; a cancelled one makes room, and closing ends them all with their programs', async () => {
  const { model, workflows } = stage;
  const talk = await stage.talk('Run it three times.');
  const { log } = talk;
  (await model.asked()).says('Starting three.', asks('sits'), asks('sits'), asks('sits'));
  const program = await programOf(talk, 0);
  const [first, second, third] = log.of('call.requested').map(({ call_id }) => call_id);
  expect(await calls(talk)).toEqual([
    [first, 'running', undefined],
    [second, 'queued', 1],
    [third, 'queued', 2],
  ]);

  await talk.post(`calls/${first}/cancel`);
  const nextProgram = await programOf(talk, 1);
  expect(await calls(talk)).toEqual([
    [second, 'running', undefined],
    [third, 'queued', 1],
    [first, 'cancelled', undefined],
  ]);
  // A call's workflow is over when its tool has stopped.
  expect(await workflows.call(first!).result()).toEqual({ type: 'cancelled' });
  expect(await identify(program)).toBeUndefined();
  expect(await identify(nextProgram)).toBeDefined();

  await talk.post('close');
  expect((await log.ended).message).toBe('the stream has ended');
  expect(log.of('call.started').map(({ call_id }) => call_id)).toEqual([first, second]);
  expect(log.of('call.cancelled').map(({ call_id, by }) => [call_id, by])).toEqual([
    [first, 'user'],
    [third, 'close'],
    [second, 'close'],
  ]);
  expect(await talk.head()).toMatchObject({ status: 'closed' });
  expect(await workflows.call(second!).result()).toEqual({ type: 'cancelled' });
  expect(await identify(nextProgram)).toBeUndefined();
});

test('the user may stop everything at once, and talk on', async () => {
  const { model, workflows } = stage;
  const talk = await stage.talk('Run it twice.');
  (await model.asked()).says('Starting two.', asks('sits'), asks('sits'));
  const program = await programOf(talk, 0);
  const [first] = talk.log.of('call.started').map(({ call_id }) => call_id);
  await talk.post('interrupt', { scope: 'all', text: 'Stop that. What time is it?' });
  const asked = await model.asked();
  expect(await workflows.call(first!).result()).toEqual({ type: 'cancelled' });
  expect(await identify(program)).toBeUndefined();
  asked.says('Late.');
  await talk.replied(2);
  expect(talk.log.of('call.cancelled')).toHaveLength(2);
  expect(talk.log.of('call.started')).toHaveLength(1);
});

/** Process id of the program of the nth call, once it runs: it says so as live progress. */
function programOf({ log, items }: Talk, nth: number): Promise<number> {
  return log.until(`program ${nth + 1} runs`, () => {
    const call = log.of('call.requested')[nth];
    for (const item of items) {
      if (item.type !== 'progress' || item.data.call_id !== call?.call_id) continue;
      return Number(item.data.note);
    }
    return undefined;
  });
}

async function calls({ head }: Talk): Promise<[id: string, status: string, position?: number][]> {
  const { calls } = await head();
  return calls.map(({ id, status, position }: any) => [id, status, position]);
}
