/** The openai package, whose base URL is the service, with Chat Completions: the service is killed while a call runs. */
import OpenAI from 'openai';
import { expect, test } from 'vitest';
import { DIALECTS, given } from '../kit/dialects.ts';
import { functionCall } from '../kit/played-api.ts';
import { startPlayedChat } from '../kit/played-chat.ts';
import { killDuringCall, useProxiedStage } from '../kit/proxied-stage.ts';

const chat = DIALECTS.find(({ path }) => path === '/chat/completions')!;
const model = await startPlayedChat();
const proxied = await useProxiedStage(model);

/** Streams a turn, and resolves with the message that the client has put together. */
async function turn(messages: object[]): Promise<OpenAI.ChatCompletionMessage[]> {
  const baseURL = `${proxied.stage.service.url}/openai/v1`;
  const client = new OpenAI({ baseURL, apiKey: 'any', maxRetries: 0 });
  const stream = client.chat.completions.stream({
    model: 'm',
    messages: messages as OpenAI.ChatCompletionMessageParam[],
    prompt_cache_key: 'thread_1',
    stream_options: { include_usage: true },
  });
  const { choices, usage } = await stream.finalChatCompletion();
  expect(usage!.total_tokens).toBeGreaterThan(0);
  return [choices[0]!.message];
}

test('a call outlives kill -9 of the service: it runs once, and the model gets each of its results once', async () => {
  const [answer] = await killDuringCall(proxied, { model, dialect: chat }, turn);
  expect(answer).toMatchObject({ content: 'On my way.\n\nIt takes a while.' });
  expect(answer).not.toHaveProperty('tool_calls.0');
}, 180_000);

test('a client that does not stream has the same', async () => {
  const baseURL = `${proxied.stage.service.url}/openai/v1`;
  const client = new OpenAI({ baseURL, apiKey: 'any', maxRetries: 0 });
  const asking = client.chat.completions.create(
    { model: 'm', messages: [{ role: 'user', content: 'Stop it.' }] },
    { headers: { 'meanwhile-thread': 'thread_2' } },
  );
  (await model.asked()).says(functionCall('cancel_call', { call_id: 'call_none' }));
  const again = await model.asked();
  expect(given(chat, again as never).at(-1)).toContain('There is no open call call_none');
  again.says('There is none.');
  const { choices, usage } = await asking;
  expect(choices).toMatchObject([
    { message: { role: 'assistant', content: 'There is none.' }, finish_reason: 'stop' },
  ]);
  expect(usage).toEqual({ prompt_tokens: 20, completion_tokens: 4, total_tokens: 24 });
}, 180_000);
