import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startDemoModel } from './model-server.ts';

let demo: Awaited<ReturnType<typeof startDemoModel>>;
let openai: OpenAI;
beforeAll(async () => {
  demo = await startDemoModel({ port: 0, tokenDelayMs: 0 });
  openai = new OpenAI({ apiKey: 'any', baseURL: demo.url, maxRetries: 0 });
});
afterAll(() => demo.close());

const parameters = { type: 'object', properties: { package: { type: 'string' } } };
const install = { type: 'function', function: { name: 'run_installer', parameters } } as const;
const sentence = 'Starting the installer for alpha; I will tell you every 25 percent.';
const input = { package: 'alpha', report: 'every 25 percent' };

test('the demo server lists itself as a model', async () => {
  const { data } = await openai.models.list();
  expect(data.map(({ id }) => id)).toEqual(['demo']);
});

test('Chat Completions without a stream returns text, call, finish reason and usage', async () => {
  const { choices, usage, model } = await openai.chat.completions.create({
    model: 'whatever',
    messages: [
      { role: 'developer', content: 'Help.' },
      { role: 'user', content: [{ type: 'text', text: 'install alpha, update me every 25%' }] },
    ],
    tools: [install],
  });
  expect(model).toBe('whatever');
  expect(choices[0]).toMatchObject({
    finish_reason: 'tool_calls',
    message: { content: sentence, tool_calls: [{ function: { name: 'run_installer' } }] },
  });
  const call = choices[0]!.message.tool_calls![0]!;
  expect(call.type === 'function' && JSON.parse(call.function.arguments)).toEqual(input);
  expect(usage!.total_tokens).toBe(usage!.prompt_tokens + usage!.completion_tokens);
  expect(usage!.completion_tokens).toBeGreaterThan(0);
});

test('the model client can read the Chat Completions stream', async () => {
  const stream = openai.chat.completions.stream({
    model: 'demo',
    messages: [{ role: 'user', content: 'install alpha, update me every 25%' }],
    tools: [install],
    stream_options: { include_usage: true },
  });
  const { choices, usage } = await stream.finalChatCompletion();
  expect(choices[0]!.message.content).toBe(sentence);
  expect(choices[0]!.message.tool_calls).toMatchObject([{ function: { name: 'run_installer' } }]);
  expect(usage!.completion_tokens).toBeGreaterThan(0);
});

test('the Responses API without a stream returns text, call and usage', async () => {
  const response = await openai.responses.create({
    model: 'demo',
    instructions: 'Help.',
    input: 'install alpha, update me every 25%',
    tools: [{ type: 'function', name: 'run_installer', parameters, strict: false }],
  });
  expect(response.output_text).toBe(sentence);
  const call = response.output.find((item) => item.type === 'function_call');
  expect(JSON.parse(call!.arguments)).toEqual(input);
  expect(response.usage!.output_tokens).toBeGreaterThan(0);
});

test('the model client can read the Responses stream', async () => {
  const stream = openai.responses.stream({
    model: 'demo',
    input: [{ role: 'user', content: 'install alpha, update me every 25%' }],
    tools: [{ type: 'function', name: 'run_installer', parameters, strict: false }],
  });
  const final = await stream.finalResponse();
  expect(final.output_text).toBe(sentence);
  expect(final.output.map(({ type }) => type)).toEqual(['message', 'function_call']);
});

describe('R13 is enforced as in the real API:', () => {
  const call = (id: string) => ({
    role: 'assistant' as const,
    content: null,
    tool_calls: [{ id, type: 'function' as const, function: { name: 'look', arguments: '{}' } }],
  });
  const result = (id: string) => ({ role: 'tool' as const, tool_call_id: id, content: 'ok' });
  const user = { role: 'user' as const, content: 'And?' };

  const refused = (...messages: OpenAI.ChatCompletionMessageParam[]) =>
    openai.chat.completions.create({ model: 'demo', messages }).then(
      () => 'accepted',
      (error: unknown) => (error instanceof OpenAI.BadRequestError ? error.message : error),
    );

  test('a call with its one result is accepted', async () => {
    expect(await refused(user, call('a'), result('a'), user)).toBe('accepted');
  });

  test.each([
    ['without a result', [user, call('a'), user], /Without an answer: a\./],
    ['without a result at the end', [user, call('a')], /Without an answer: a\./],
    ['with its result later', [call('a'), user, result('a')], /Without an answer: a\./],
    ['with two results', [call('a'), result('a'), result('a')], /a is answered twice/],
    ['made twice', [call('a'), result('a'), call('a'), result('a')], /Duplicate tool call id a/],
    ['that was not made', [user, result('b')], /there is none with id b/],
  ])('a call %s is refused', async (_, messages, message) => {
    expect(await refused(...messages)).toMatch(message);
  });

  test('a call without its result is refused in the Responses API too', async () => {
    const dangling = {
      type: 'function_call' as const,
      call_id: 'a',
      name: 'look',
      arguments: '{}',
    };
    await expect(
      openai.responses.create({ model: 'demo', input: [dangling] }),
    ).rejects.toMatchObject({
      status: 400,
      message: /Without an answer: a\./,
      param: 'input',
    });
  });
});

describe('an invalid request is refused in OpenAI’s format:', () => {
  const post = (path: string, body: string) =>
    fetch(`${demo.url}${path}`, { method: 'POST', body }).then(async (response) => ({
      status: response.status,
      body: await response.json(),
    }));

  test.each([
    ['/chat/completions', '{', 400, { message: expect.stringContaining('JSON'), param: null }],
    ['/chat/completions', '{"messages":[]}', 400, { param: 'model' }],
    [
      '/chat/completions',
      '{"model":"demo","messages":[{"role":"judge"}]}',
      400,
      { param: 'messages.0.role' },
    ],
    ['/responses', '{"model":"demo"}', 400, { param: 'input' }],
    ['/embeddings', '{}', 404, { code: 'unknown_url' }],
  ])('POST %s %s is %s', async (path, body, status, error) => {
    expect(await post(path, body)).toMatchObject({
      status,
      body: { error: { type: 'invalid_request_error', ...error } },
    });
  });
});
