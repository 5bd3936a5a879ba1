import { expect, test } from 'vitest';
import { useStage } from '../kit/stage.ts';

const stage = useStage();

test('the model is asked once for a message that finds its conversation idle, and the guess is the reply', async () => {
  const { model, service } = stage;
  const { id, log, say, replied } = await stage.talk();
  const before = model.requests.length;
  // A machine that is busy guesses later, or not at all.
  for (let turn = 1; ; turn += 1) {
    await say(`Message ${turn}`);
    (await model.asked()).says(`Answer ${turn}.`);
    await replied(turn);
    await idle(id);
    expect(model.requests.length).toBe(before + turn);
    if (log.of('reply.completed').at(-1)!.speculation === 'adopted') break;
    expect(turn).toBeLessThan(20);
  }
  expect(log.of('reply.completed')[0]).not.toHaveProperty('speculation');
  const { turns } = await service.client.get(`/v1/conversations/${id}/turns`);
  expect(turns.at(-1).replies).toMatchObject([{ speculation: 'adopted' }]);
  const metrics = await (await fetch(`${service.url}/metrics`)).text();
  expect(metrics).toMatch(/^meanwhile_guesses_total\{outcome="adopted"\} [1-9]/m);
});

test('nothing is guessed for a message that interrupts a reply: it is asked for with both', async () => {
  const { model } = stage;
  const { id, log, say, replied } = await stage.talk();
  await say('Hello');
  (await model.asked()).says('Hello!');
  await replied(1);
  await idle(id);
  await say('How are you?');
  const first = await model.asked();
  await log.until('a reply', () => log.of('reply.started')[1]);
  await say('And where?');
  const second = await model.asked();
  second.says('Fine, here.');
  await replied(3);
  expect(first).not.toBe(second);
  expect(log.of('reply.completed').at(-1)).not.toHaveProperty('speculation');
});

const idle = (id: string) =>
  expect
    .poll(async () => (await stage.service.client.get(`/v1/conversations/${id}`)).status)
    .toBe('idle');
