/** A part of a request that a server refuses is left out, from the retry on. */
import { afterEach, expect, test } from 'vitest';
import { all, never, request } from '../../test/kit/model-request.ts';
import { type ScriptedServer, startScriptedServer } from '../../test/providers/scripted-server.ts';
import { attach, senderId } from '../attached.ts';
import { createModelClient } from '../client.ts';
import { modelErrorTypeOf } from '../errors.ts';
import type { Fields } from '../fields.ts';
import type { ModelApi, ModelRequest } from '../message.ts';

let server: ScriptedServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const events = { 'content-type': 'text/event-stream' };
const answered = {
  status: 200,
  headers: events,
  chunks: ['data: {"choices":[{"delta":{"content":"Yes."},"finish_reason":"stop"}]}\n\n'],
};
const responded = {
  status: 200,
  headers: events,
  chunks: ['data: {"type":"response.completed","response":{"status":"completed","output":[]}}\n\n'],
};
const refusing = (message: string, status = 400) => ({
  status,
  headers: { 'content-type': 'application/json' },
  chunks: [JSON.stringify({ error: { message } })],
});

/** A server that refuses a body for which `isRefused` returns a reason. */
async function serve(api: ModelApi, isRefused: (body: Fields) => string | undefined) {
  server = await startScriptedServer((body) => {
    const refusal = isRefused(body as Fields);
    if (refusal !== undefined) return refusing(refusal);
    return api === 'chat' ? answered : responded;
  });
  return createModelClient({ api, baseURL: server.url });
}

const withReasoning = (): ModelRequest => {
  const by = senderId('chat', server!.url, request.model);
  const attached = attach(by, {
    message: { reasoning_content: 'Hm.' },
    call: { extra_content: { google: { thought_signature: 'c2ln' } } },
  });
  return {
    ...request,
    messages: request.messages.map((message) =>
      message.role === 'assistant'
        ? { ...message, calls: message.calls.map((call) => ({ ...call, attached })) }
        : message,
    ),
  };
};

const has = (field: string, words: string) => (body: Fields) => (field in body ? words : undefined);
const json = (body: unknown) => JSON.stringify(body);

test.each([
  ['stream_options', has('stream_options', 'stream_options: extra inputs are not permitted')],
  ['max_tokens', has('max_tokens', 'max_tokens is too large: 32000; at most 4096')],
  [
    'max_tokens of a small window',
    has(
      'max_tokens',
      'maximum context length is 4096 tokens, you asked for 33000, 32000 in the completion',
    ),
  ],
  [
    'max_tokens of a small window, in the words of OpenRouter',
    has(
      'max_tokens',
      'maximum context length is 32768 tokens. However, you requested about 33000 tokens (1000 of text input, 32000 in the output).',
    ),
  ],
  [
    'null for no words',
    (body: Fields) =>
      json(body.messages).includes('null')
        ? 'messages.2.content: Input should be a valid string'
        : undefined,
  ],
  [
    'a role that nobody names',
    (body: Fields) =>
      json(body.messages).includes('developer') ? 'Unexpected message role.' : undefined,
  ],
  [
    'max_tokens, in the words of Bedrock',
    has('max_tokens', 'The maximum tokens you requested exceeds the model limit of 8192.'),
  ],
  ['max_tokens by its older name', has('max_tokens', "use 'max_completion_tokens' instead")],
  [
    'a field that the server does not name',
    has('stream_options', 'Unrecognized request argument supplied'),
  ],
  [
    'a schema',
    (body: Fields) =>
      json(body.tools).includes('"minimum"') ? 'Invalid JSON schema: minimum' : undefined,
  ],
])('chat: a refusal is remedied once and for all: %s', async (_, isRefused) => {
  const client = await serve('chat', isRefused);
  const parameters = { type: 'object', properties: { n: { type: 'integer', minimum: 1 } } };
  const asked: ModelRequest = {
    ...request,
    messages: [
      { role: 'developer', text: 'Be brief.' },
      ...request.messages.slice(1, 2),
      { role: 'assistant', text: '', calls: [{ call_id: 'c', tool: 'look', arguments: '{}' }] },
      { role: 'tool', call_id: 'c', text: '{}' },
    ],
    tools: [{ name: 'look', description: 'Looks.', parameters }],
  };
  expect(await all(client.stream(asked, never))).toMatchObject([{ text: 'Yes.' }, {}]);
  expect(server!.requests).toHaveLength(2);
  await all(client.stream(asked, never));
  expect(server!.requests).toHaveLength(3);
});

test('the newer name of a limit is tried before the limit is left out', async () => {
  const client = await serve('chat', has('max_tokens', "use 'max_completion_tokens' instead"));
  await all(client.stream(request, never));
  expect(server!.requests[1]).toMatchObject({ max_completion_tokens: 32_000 });
});

test.each([
  'System role not supported',
  'Developer instruction is not enabled for this model',
  'Only user and assistant roles are supported!',
])('instructions go before the first words of the user: %s', async (words) => {
  const client = await serve('chat', (body) =>
    json(body.messages).includes('"system"') ? words : undefined,
  );
  await all(client.stream(request, never));
  expect((server!.requests[1] as Fields).messages).toMatchObject([
    { role: 'user', content: 'Be brief.\n\nLook, twice.' },
    { role: 'assistant' },
    ...Array.from({ length: 2 }, () => ({ role: 'tool' })),
    { role: 'assistant' },
    { role: 'user', content: 'And now?' },
  ]);
});

test.each([
  ['include', 'Encrypted content is not supported with this model.'],
  ['store', 'Unknown parameter: store'],
  ['max_output_tokens', 'Unsupported parameter: max_output_tokens'],
])('responses: a refused field is left out from then on: %s', async (field, words) => {
  const client = await serve('responses', has(field, words));
  await all(client.stream(request, never));
  await all(client.stream(request, never));
  expect(server!.requests).toHaveLength(3);
});

test('a provider gets back its own data, until it refuses that', async () => {
  const client = await serve('chat', (body) =>
    json(body).includes('c2ln') ? 'Corrupted thought signature.' : undefined,
  );
  await all(client.stream(withReasoning(), never));
  expect(json(server!.requests[0])).toContain('"reasoning_content":"Hm."');
  expect(json(server!.requests[0])).toContain('"thought_signature":"c2ln"');
  expect(json(server!.requests[1])).not.toMatch(/reasoning_content|thought_signature/);
});

test('a model does not get the data of another', async () => {
  const client = await serve('chat', () => undefined);
  await all(client.stream({ ...withReasoning(), model: 'another' }, never));
  expect(json(server!.requests[0])).not.toMatch(/reasoning_content|thought_signature/);
});

test.each([
  [
    'reasoning',
    (message: Fields) => 'tool_calls' in message && !('reasoning_content' in message),
    'The reasoning_content is missing.',
  ],
  [
    'reasoning, along with text too,',
    (message: Fields) => message.role === 'assistant' && !('reasoning_content' in message),
    'The reasoning_content must be passed back.',
  ],
  [
    'a signature',
    (message: Fields) => 'tool_calls' in message && !json(message).includes('thought_signature'),
    'A call lacks its thought_signature.',
  ],
])('calls of another model get %s when the provider insists', async (_, lacks, words) => {
  const client = await serve('chat', (body) =>
    (body.messages as Fields[]).some(lacks) ? words : undefined,
  );
  expect(await all(client.stream(request, never))).toMatchObject([{ text: 'Yes.' }, {}]);
  expect(server!.requests.length).toBeLessThanOrEqual(3);
  const before = server!.requests.length;
  await all(client.stream(request, never));
  expect(server!.requests).toHaveLength(before + 1);
});

test('a refusal without a remedy is passed on, and the next request is sent in full again', async () => {
  const client = await serve('chat', () => 'max_tokens is too large');
  const error = await all(client.stream(request, never)).catch((thrown: unknown) => thrown);
  expect(modelErrorTypeOf(error)).toBe('ModelRequestRefused');
  expect(server!.requests).toHaveLength(2);
  await all(client.stream(request, never)).catch((thrown: unknown) => thrown);
  expect(server!.requests[2]).toHaveProperty('max_tokens');
});

test('a refusal for another reason is not retried', async () => {
  const client = await serve('chat', () => 'This model does not support tools.');
  await all(client.stream(request, never)).catch((thrown: unknown) => thrown);
  expect(server!.requests).toHaveLength(1);
});
