/** The openai package, whose base URL is the service, with Chat Completions: the service is killed while a call runs. */
import getPort from 'get-port';
import OpenAI from 'openai';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { given, DIALECTS } from '../kit/dialects.ts';
import { type Gates, startGates } from '../kit/gates.ts';
import { functionCall } from '../kit/played-api.ts';
import { startPlayedChat } from '../kit/played-chat.ts';
import { useStage } from '../kit/stage.ts';

const chat = DIALECTS.find(({ path }) => path === '/chat/completions')!;
const model = await startPlayedChat();
const stage = useStage({
  MEANWHILE_GRACE_MS: '300',
  PORT: String(await getPort()),
  OPENAI_BASE_URL: model.url,
});
let gates: Gates;
beforeAll(async () => void (gates = await startGates()));
afterAll(async () => {
  await gates.close();
  await model.close();
});

type Message = OpenAI.ChatCompletionMessageParam;

/** Streams a turn, and gives the message that the client has put together. */
async function turn(messages: Message[]): Promise<OpenAI.ChatCompletionMessage> {
  const baseURL = `${stage.service.url}/openai/v1`;
  const client = new OpenAI({ baseURL, apiKey: 'any', maxRetries: 0 });
  const stream = client.chat.completions.stream({
    model: 'm',
    messages,
    prompt_cache_key: 'thread_1',
    stream_options: { include_usage: true },
  });
  const { choices, usage } = await stream.finalChatCompletion();
  expect(usage!.total_tokens).toBeGreaterThan(0);
  return choices[0]!.message;
}

test('a call outlives kill -9 of the service: it runs once, and each of its results is told once', async () => {
  const { service } = stage;
  const thread: Message[] = [{ role: 'user', content: 'Go through the gates.' }];
  const begun = turn(thread);
  (await model.asked()).says('On my way.', functionCall('relay', { gates: gates.url }));
  const suspended = await model.asked();
  expect(given(chat, suspended as never).at(-1)).toContain('Suspended as call_');
  suspended.says('It takes a while.');
  const answer = await begun;
  expect(answer.content).toBe('On my way.\n\nIt takes a while.');
  expect(answer.tool_calls).toBeUndefined();
  thread.push(answer);
  expect(await gates.reached()).toBe('1');

  await service.kill9();
  await service.start();
  expect(await gates.reached()).toBe('1');
  gates.open('1');
  expect(await gates.reached()).toBe('2');

  const told: string[] = [];
  for (let asked = 0; !told.join('\n').includes('its last: through'); asked += 1) {
    if (asked === 1) gates.open('2');
    thread.push({ role: 'user', content: `And now? ${asked}` });
    const answering = turn(thread);
    const request = await model.asked();
    const last = given(chat, request as never).at(-1)!;
    if (last.startsWith('output news_')) told.push(last);
    request.says('I see.');
    thread.push(await answering);
  }
  const results = told.join('\n').match(/\[result \d+\]/g)!;
  expect(new Set(results).size).toBe(results.length);

  const { conversations } = await service.client.get('/v1/conversations');
  expect(conversations).toMatchObject([{ calls: [{ tool: 'relay', status: 'completed' }] }]);
  const { entries } = await service.client.get(
    `/v1/conversations/${conversations[0].id}/entries?kind=call.started&kind=reply.started`,
  );
  expect(entries).toHaveLength(1);
}, 180_000);

test('a client that does not stream has the same', async () => {
  const baseURL = `${stage.service.url}/openai/v1`;
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
