import { expect, test } from 'vitest';
import type { ModelMessage } from '../../model/message.ts';
import type { WireRequest } from '../../cli/demo/wire.ts';
import { asks } from '../kit/played-model.ts';
import { type Stage, useStage } from '../kit/stage.ts';

/** However slow the machine is, an end is told in the turn that asked for the call. */
const LONG_GRACE = { MEANWHILE_GRACE_MS: '60000' };
const chat = useStage({ OPENAI_API: 'chat', ...LONG_GRACE });
const responses = useStage({ OPENAI_API: 'responses', ...LONG_GRACE });

test('both APIs of the provider give the model the same messages and produce the same log', async () => {
  const overChat = await converse(chat);
  const overResponses = await converse(responses);
  expect(overChat.requests.map(({ api }) => api)).toEqual(['chat', 'chat', 'chat']);
  expect(overResponses.requests.map(({ api }) => api)).toEqual(Array(3).fill('responses'));
  expect(overResponses.requests.map(read)).toEqual(overChat.requests.map(read));
  expect(overResponses.kinds).toEqual(overChat.kinds);
  expect(overChat.kinds).toEqual([
    'message.user',
    'reply.started',
    'reply.completed',
    'call.requested',
    'call.started',
    'call.completed',
    'reply.started',
    'reply.completed',
    'receipt',
    'message.user',
    'reply.started',
    'reply.completed',
  ]);
});

async function converse({ model, talk }: Stage) {
  const { log, say, replied, head } = await talk('Double 21.');
  const first = await model.asked();
  first.says('Let me see.', asks('picky', { number: 21 }));
  const second = await model.asked();
  second.answers({ text: 'It is 42.', usage: { input_tokens: 7, output_tokens: 5 } });
  expect(await replied(2)).toMatchObject({
    text: 'It is 42.',
    usage: { input_tokens: 7, output_tokens: 5 },
  });
  await say('Thank you.');
  const third = await model.asked();
  third.answers({ text: 'You are welcome.', usage: 'none' });
  expect(await replied(3)).toMatchObject({ usage: { estimated: true } });
  expect(await head()).toMatchObject({ status: 'idle' });
  return {
    requests: [first, second, third].map(({ request }) => request),
    kinds: log.entries.map(({ kind }) => kind),
  };
}

/** What the model reads, without what is new in every conversation. */
function read({ messages, tools }: WireRequest): { messages: ModelMessage[]; tools: string[] } {
  const text = JSON.stringify(messages).replaceAll(/\bcall_[\w-]+/g, 'call_id');
  return { messages: JSON.parse(text), tools };
}
