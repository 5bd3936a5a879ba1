import { expect, test } from 'vitest';
import { useStage } from '../kit/stage.ts';
import { follow } from '../kit/talk.ts';

const stage = useStage();

const keyed = (key: string) => ({ idempotencyKey: key });

test('a message that is sent twice with its key is said once, and another one with that key is refused', async () => {
  const { model, service } = stage;
  const { id, log, say, replied } = await stage.talk();
  const messages = `/v1/conversations/${id}/messages`;
  const send = (text: string) => service.client.post(messages, { text }, keyed('key-1'));

  const first = await send('Hello');
  expect(await send('Hello')).toEqual(first);
  await expect(send('Goodbye')).rejects.toMatchObject({
    status: 409,
    problem: { code: 'idempotency_conflict' },
  });
  (await model.asked()).says('Hello!');
  await replied(1);
  expect(await send('Hello')).toEqual(first);

  // What came after it is in the log, so the repeats would be.
  await say('Once more?');
  (await model.asked()).says('No.');
  await replied(2);
  const said = log.of('message.user');
  expect(said.map(({ text }) => text)).toEqual(['Hello', 'Once more?']);
  expect(said[0]!.message_id).toBe(first.message_id);
});

test('the same key in another conversation is another key', async () => {
  const { model, service } = stage;
  const send = (id: string) =>
    service.client.post(`/v1/conversations/${id}/messages`, { text: 'Hello' }, keyed('key-2'));
  const sent: string[] = [];
  for (const { id, log, replied } of [await stage.talk(), await stage.talk()]) {
    const { message_id } = await send(id);
    sent.push(message_id);
    (await model.asked()).says('Hello!');
    await replied(1);
    expect(log.of('message.user')).toMatchObject([{ message_id, text: 'Hello' }]);
  }
  expect(new Set(sent).size).toBe(2);
});

test('ten identical requests at once begin one conversation, and another one with that key is refused', async () => {
  const { model, service } = stage;
  const body = { message: { text: 'Hello' }, metadata: { order: 17 } };
  const begin = () => service.client.post('/v1/conversations', body, keyed('key-3'));

  const before = model.requests.length;
  const answers = await Promise.all(Array.from({ length: 10 }, begin));
  const [first] = answers;
  for (const answer of answers) expect(answer).toEqual(first);
  await expect(
    service.client.post('/v1/conversations', { ...body, metadata: {} }, keyed('key-3')),
  ).rejects.toMatchObject({ status: 409, problem: { code: 'idempotency_conflict' } });

  const { log, replied, say } = follow(service.client, first.id);
  (await model.asked()).says('Hello!');
  await replied(1);
  await say('Is anybody else here?');
  (await model.asked()).says('No.');
  await replied(2);
  expect(log.of('message.user').map(({ text }) => text)).toEqual([
    'Hello',
    'Is anybody else here?',
  ]);
  expect(model.requests.length - before).toBe(2);
  const { conversations } = await service.client.get('/v1/conversations');
  const own = conversations.filter(({ metadata }: { metadata: object }) => 'order' in metadata);
  expect(own.map(({ id }: { id: string }) => id)).toEqual([first.id]);
});
