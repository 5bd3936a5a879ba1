import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Gates, startGates } from '../kit/gates.ts';
import { asks } from '../kit/played-model.ts';
import { useStage } from '../kit/stage.ts';
import { follow, type Talk } from '../kit/talk.ts';

const stage = useStage({ MEANWHILE_GRACE_MS: '100' });
let gates: Gates;
beforeAll(async () => void (gates = await startGates()));
afterAll(() => gates.close());

test('a reply in flight when the service is killed is given again, once', async () => {
  const { model, service } = stage;
  const before = await stage.talk('Tell me a story.');
  const first = await model.asked();
  first.begins('Once upon a ');
  await before.log.until('a beginning is heard', () => spoken(before) === 'Once upon a ');
  const held = before.held();

  await service.kill9();
  await service.start();
  const after = follow(service.client, before.id, held);
  const second = await model.asked();
  expect(second.request.messages).toEqual(first.request.messages);
  const story = second.begins('There was ');
  await after.log.until('the reply starts again', () => spoken(after, 2) === 'There was ');
  story.goesOn('a fox.');
  story.ends();

  const { text } = await after.replied(1);
  expect(text).toBe('There was a fox.');
  expect(spoken(after, 2)).toBe(text);
  expect(deltas(after, 2)[0]).toMatchObject({ reply_id: 'reply_1', offset: 0 });
  expect(after.log.entries.map(({ kind }) => kind)).toEqual([
    'message.user',
    'reply.started',
    'reply.completed',
  ]);
});

test('a stopping service ends its streams and continues everything after the next start', async () => {
  const { model, service } = stage;
  const working = await stage.talk('Go through the gates.');
  (await model.asked()).says('On my way.', asks('relay', { gates: gates.url }));
  expect(await gates.reached()).toBe('1');
  gates.open('1');
  (await model.asked()).says('Through the first.');
  expect(await gates.reached()).toBe('2');
  await working.replied(2);
  const speaking = await stage.talk('Tell me a story.');
  const cut = await model.asked();
  cut.begins('Once upon a ');
  await speaking.log.until('a beginning is heard', () => spoken(speaking) === 'Once upon a ');
  const held = [working.held(), speaking.held()] as const;

  const ends = [working, speaking].map(({ log }) => log.ended);
  expect(await service.stop()).toBe(0);
  for (const end of await Promise.all(ends)) expect(end.message).toBe('the stream has ended');
  if (!cut.request.closed.aborted) await once(cut.request.closed, 'abort');

  await service.start();
  const [later, laterSpeaking] = [
    follow(service.client, working.id, held[0]),
    follow(service.client, speaking.id, held[1]),
  ];
  // Not the first one again: the call goes on from its checkpoint.
  expect(await gates.reached()).toBe('2');
  (await model.asked()).says('There was a fox.');
  expect(await laterSpeaking.replied(1)).toMatchObject({ text: 'There was a fox.' });
  gates.open('2');
  (await model.asked()).says('And through the second.');
  await later.replied(3);
  const call = await later.log.until('the call is over', () => later.log.of('call.completed')[0]);
  expect(call.result).toBe('through');
  expect(later.log.of('call.event').map(({ n, percent }) => [n, percent])).toEqual([
    [1, 50],
    [2, 75],
  ]);
});

const deltas = ({ items }: Talk, attempt: number) =>
  items.flatMap((item) =>
    item.type === 'delta' && item.data.attempt === attempt ? [item.data] : [],
  );

/** What a reader has heard of the reply in flight. */
const spoken = (one: Talk, attempt = 1) =>
  deltas(one, attempt)
    .map(({ text }) => text)
    .join('');
