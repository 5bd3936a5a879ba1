import { once } from 'node:events';
import { expect, test } from 'vitest';
import type { AskedModel, HeldAnswer } from '../kit/played-model.ts';
import { useStage } from '../kit/stage.ts';
import type { Talk } from '../kit/talk.ts';

const stage = useStage();

test('reject: while the model speaks the message is refused and leaves no trace', async () => {
  const { talk, answer } = await speaking();
  await expect(talk.say('And?', { when_busy: 'reject' })).rejects.toMatchObject({
    status: 409,
    problem: { code: 'conversation_busy' },
  });
  answer.ends();
  await talk.replied(1);

  await talk.say('And now?', { when_busy: 'reject' });
  const next = await stage.model.asked();
  expect(next.request.messages.slice(1)).toEqual([
    { role: 'user', text: 'Tell me a story.' },
    { role: 'assistant', text: 'Once upon a ', calls: [] },
    { role: 'user', text: 'And now?' },
  ]);
  next.says('That was it.');
  await talk.replied(2);
  expect(talk.log.of('message.user').map(({ text }) => text)).toEqual([
    'Tell me a story.',
    'And now?',
  ]);
});

test('queue: the model speaks to its end, and then answers', async () => {
  const { talk, answer } = await speaking();
  await talk.say('Make it short.', { when_busy: 'queue' });
  await talk.log.until('it is heard', () => talk.log.of('message.user')[1]);
  answer.goesOn('time.');
  answer.ends();
  const next = await stage.model.asked();
  // The reply stands where it was begun: it had not seen the second message.
  expect(next.request.messages.slice(1)).toEqual([
    { role: 'user', text: 'Tell me a story.' },
    { role: 'assistant', text: 'Once upon a time.', calls: [] },
    { role: 'user', text: 'Make it short.' },
  ]);
  next.says('The end.');
  await talk.replied(2);
});

test('interrupt: the stream of the provider is closed, and the model sees what it had said, marked', async () => {
  const { talk, asked } = await speaking();
  await talk.say('In French, please.');
  await closed(asked);
  const next = await stage.model.asked();
  expect(next.request.messages.slice(1)).toEqual([
    { role: 'user', text: 'Tell me a story.' },
    { role: 'assistant', text: 'Once upon a  [interrupted]', calls: [] },
    { role: 'user', text: 'In French, please.' },
  ]);
  next.says('Il était une fois.');
  await talk.replied(2);
  expect(talk.log.of('reply.interrupted')).toMatchObject([
    { reply_id: 'reply_1', text: 'Once upon a ', by: 'message', rolled_back: false },
  ]);
});

test('rollback: the stream of the provider is closed, and the model does not see what it had said', async () => {
  const { talk, asked } = await speaking();
  await talk.say('In French, please.', { when_busy: 'rollback' });
  await closed(asked);
  const next = await stage.model.asked();
  expect(next.request.messages.slice(1)).toEqual([
    { role: 'user', text: 'Tell me a story.' },
    { role: 'user', text: 'In French, please.' },
  ]);
  next.says('Il était une fois.');
  await talk.replied(2);
  expect(talk.log.of('reply.interrupted')).toMatchObject([
    { reply_id: 'reply_1', text: 'Once upon a ', by: 'message', rolled_back: true },
  ]);
  // The people who read along have heard it: for them it stays.
  const streamed = talk.items.flatMap((item) => (item.type === 'delta' ? [item.data] : []));
  expect(streamed).toContainEqual(
    expect.objectContaining({ reply_id: 'reply_1', text: 'Once upon a ' }),
  );
  expect(talk.items.map(({ type }) => type)).not.toContain('rewind');

  await talk.say('And then?');
  const later = await stage.model.asked();
  expect(later.request.messages.slice(1)).toEqual([
    { role: 'user', text: 'Tell me a story.' },
    { role: 'user', text: 'In French, please.' },
    { role: 'assistant', text: 'Il était une fois.', calls: [] },
    { role: 'user', text: 'And then?' },
  ]);
  later.says('Fin.');
  await talk.replied(3);
});

test('an interruption without a message closes the stream of the provider, and the agent is silent until the next message', async () => {
  const { talk, asked } = await speaking();
  await talk.post('interrupt', { scope: 'reply' });
  await closed(asked);
  await talk.log.until('it is cut off', () => talk.log.of('reply.interrupted')[0]);
  expect(await talk.head()).toMatchObject({ status: 'idle' });
  await talk.say('Thank you.');
  const next = await stage.model.asked();
  expect(next.request.messages.slice(1)).toEqual([
    { role: 'user', text: 'Tell me a story.' },
    { role: 'assistant', text: 'Once upon a  [stopped by the user]', calls: [] },
    { role: 'user', text: 'Thank you.' },
  ]);
  next.says('You are welcome.');
  await talk.replied(2);
  expect(talk.log.of('reply.started').map(({ because }) => because)).toEqual([
    'message',
    'message',
  ]);
});

/** A conversation in the middle of its first reply, as far as a reader has heard it. */
async function speaking(): Promise<{ talk: Talk; asked: AskedModel; answer: HeldAnswer }> {
  const talk = await stage.talk('Tell me a story.');
  const asked = await stage.model.asked();
  const answer = asked.begins('Once upon a ');
  await talk.log.until('a beginning is heard', () =>
    talk.items.some((item) => item.type === 'delta' && item.data.text === 'Once upon a '),
  );
  expect(asked.request.closed.aborted).toBe(false);
  return { talk, asked, answer };
}

async function closed({ request }: AskedModel): Promise<void> {
  if (!request.closed.aborted) await once(request.closed, 'abort');
}
