import { expect, test } from 'vitest';
import { asks } from '../kit/played-model.ts';
import { useStage } from '../kit/stage.ts';

const stage = useStage();

test('a program of 100,000 lines costs four milestones, and no more history than one of four', async () => {
  const { model, workflows } = stage;
  const talk = await stage.talk('Count.');
  (await model.asked()).says('Counting.', asks('counts', { report: 'every 25 percent' }));
  // Whenever it is asked, the model has nothing to say but that it has heard.
  void (async () => {
    for (;;) (await model.asked()).says('Heard.');
  })().catch(() => {});
  const end = await talk.log.until('it ends', () => talk.log.of('call.completed')[0]);
  const told = talk.log.of('call.event').map(({ percent }) => percent);
  expect(told).toEqual([25, 50, 75, 100]);
  expect(talk.log.entries.length).toBeLessThan(50);

  const conversation = await workflows.conversation(talk.id).describe();
  expect(conversation.historyLength).toBeLessThan(200);
  const call = await workflows.call(end.call_id).describe();
  expect(call.historyLength).toBeLessThan(50);
  expect(call.historySize).toBeLessThan(50_000);
});
