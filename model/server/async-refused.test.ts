/** Async function tools on servers that support them, refuse them, or do not know them. */
import { afterEach, expect, test } from 'vitest';
import { all, never, request } from '../../test/kit/model-request.ts';
import { type ScriptedServer, startScriptedServer } from '../../test/providers/scripted-server.ts';
import { createModelClient } from '../client.ts';
import { modelErrorTypeOf } from '../errors.ts';
import { type Fields, listOf } from '../fields.ts';
import type { ModelApi, ModelRequest } from '../message.ts';

let server: ScriptedServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const [system, user, assistant] = request.messages as [
  ModelRequest['messages'][0],
  ModelRequest['messages'][0],
  Extract<ModelRequest['messages'][0], { role: 'assistant' }>,
];
/** A request with two open calls, and its fallback, in which they are answered with a status. */
const asynchronous: ModelRequest = {
  ...request,
  messages: [
    system,
    user,
    { ...assistant, calls: assistant.calls.map((call) => ({ ...call, async: true as const })) },
    { role: 'user', text: 'And now?' },
  ],
  tools: request.tools.map((tool) => ({ ...tool, async: true as const })),
  otherwise: { messages: request.messages, tools: request.tools },
};

const isAsync = (body: Fields) => JSON.stringify(body).includes('"async":true');
const lacksOutputs = (body: Fields) =>
  !listOf(body.input).some(({ type }) => type === 'function_call_output');

const answers = {
  chat: 'data: {"choices":[{"delta":{"content":"Yes."},"finish_reason":"stop"}]}\n\n',
  responses:
    'data: {"type":"response.completed","response":{"status":"completed","output_text":"Yes."}}\n\n',
};

/** @param refuse returns what is wrong with a body, if anything */
async function serve(refuse: (body: Fields) => object | undefined, api: ModelApi = 'responses') {
  server = await startScriptedServer((body) => {
    const error = refuse(body as Fields);
    if (!error) {
      return {
        status: 200,
        headers: { 'content-type': 'text/event-stream' },
        chunks: [answers[api]],
      };
    }
    return {
      status: 400,
      headers: { 'content-type': 'application/json' },
      chunks: [JSON.stringify({ error })],
    };
  });
  const noted: string[] = [];
  const note = (line: string) => void noted.push(line);
  return { client: createModelClient({ api, baseURL: server.url, note }), noted };
}

const sent = () => server!.requests as Fields[];

test('a server that supports them gets marked tools and calls, and no output of open calls', async () => {
  const { client, noted } = await serve(() => undefined);
  expect(await all(client.stream(asynchronous, never))).toMatchObject([{ text: 'Yes.' }, {}]);
  expect(sent()).toHaveLength(1);
  expect(sent()[0]).toMatchObject({
    tools: [{ type: 'function', name: 'look', async: true }],
    input: [
      { role: 'user' },
      { role: 'assistant' },
      { type: 'function_call', call_id: 'call_1', async: true },
      { type: 'function_call', call_id: 'call_2', async: true },
      { role: 'user', content: 'And now?' },
    ],
  });
  expect(noted).toEqual([]);
});

test.each<[string, (body: Fields) => object | undefined]>([
  [
    'names the parameter',
    (body) =>
      isAsync(body)
        ? { message: "Unknown parameter: 'tools[0].async'.", param: 'tools[0].async' }
        : undefined,
  ],
  [
    'names it beside its message',
    (body) => (isAsync(body) ? { message: 'Invalid value.', param: 'tools[0].async' } : undefined),
  ],
  [
    'says that the model cannot',
    (body) =>
      isAsync(body)
        ? { message: 'Asynchronous functions are not supported with this model.' }
        : undefined,
  ],
  [
    'ignores the field and misses the outputs',
    (body) =>
      lacksOutputs(body)
        ? { message: 'No tool output found for function call call_1.' }
        : undefined,
  ],
  [
    'names nothing',
    (body) => (isAsync(body) ? { message: 'Extra inputs are not permitted' } : undefined),
  ],
  [
    'minds the strictness as well',
    (body) => {
      if (isAsync(body)) return { message: 'Unknown parameter: async' };
      return JSON.stringify(body).includes('"strict"')
        ? { message: 'Unknown parameter: strict' }
        : undefined;
    },
  ],
  [
    'minds the strictness first',
    (body) => {
      if (JSON.stringify(body).includes('"strict"'))
        return { message: 'Unknown parameter: strict' };
      return isAsync(body) ? { message: 'Unknown parameter: async' } : undefined;
    },
  ],
])('a server that %s gets the fallback from then on, with one note', async (_, refuse) => {
  const { client, noted } = await serve(refuse);
  expect(await all(client.stream(asynchronous, never))).toMatchObject([{ text: 'Yes.' }, {}]);
  const tries = sent().length;
  expect(isAsync(sent().at(-1)!)).toBe(false);
  expect(lacksOutputs(sent().at(-1)!)).toBe(false);
  await all(client.stream(asynchronous, never));
  await all(client.stream(asynchronous, never));
  expect(sent()).toHaveLength(tries + 2);
  expect(noted).toEqual([
    expect.stringContaining('some-model does not support async function tools'),
  ]);
});

test('each model is tried separately', async () => {
  const refuse = (body: Fields) =>
    isAsync(body) && body.model === 'old' ? { message: 'No async tools here.' } : undefined;
  const { client, noted } = await serve(refuse);
  await all(client.stream({ ...asynchronous, model: 'old' }, never));
  await all(client.stream({ ...asynchronous, model: 'new' }, never));
  expect(sent().map(isAsync)).toEqual([true, false, true]);
  expect(noted).toHaveLength(1);
});

test('a refusal for another reason is passed on, and the next request tries async tools again', async () => {
  const { client, noted } = await serve(() => ({ message: 'The tool calls are all wrong.' }));
  const error = await all(client.stream(asynchronous, never)).catch((thrown: unknown) => thrown);
  expect(modelErrorTypeOf(error)).toBe('ModelRequestRefused');
  await all(client.stream(asynchronous, never)).catch(() => {});
  expect(sent().map(isAsync)).toEqual([true, false, true, false]);
  expect(noted).toEqual([]);
});

test('a request without a fallback fails with the refusal', async () => {
  const { client } = await serve((body) => (isAsync(body) ? { message: 'No async.' } : undefined));
  const { otherwise: _, ...only } = asynchronous;
  const error = await all(client.stream(only, never)).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ message: expect.stringContaining('No async.') });
  expect(sent()).toHaveLength(1);
});

test('Chat Completions, which has no async tools, gets the fallback at once', async () => {
  const { client, noted } = await serve(() => undefined, 'chat');
  await all(client.stream(asynchronous, never));
  await all(client.stream(asynchronous, never));
  expect(sent().map(isAsync)).toEqual([false, false]);
  expect(listOf(sent()[0]!.messages).filter(({ role }) => role === 'tool')).toHaveLength(2);
  expect(noted).toEqual([expect.stringContaining('Chat Completions does not support them')]);
});

test('a call that comes back marked is treated like any other', async () => {
  server = await startScriptedServer(() => ({
    status: 200,
    headers: { 'content-type': 'text/event-stream' },
    chunks: [
      `data: ${JSON.stringify({
        type: 'response.completed',
        response: {
          status: 'completed',
          output: [
            {
              type: 'function_call',
              id: 'fc_1',
              call_id: 'call_x',
              name: 'look',
              arguments: '{"where":"up"}',
              async: true,
              status: 'completed',
            },
            { type: 'message', content: [{ type: 'output_text', text: 'I am looking.' }] },
          ],
        },
      })}\n\n`,
    ],
  }));
  const client = createModelClient({ api: 'responses', baseURL: server.url });
  expect(await all(client.stream(asynchronous, never))).toMatchObject([
    { kind: 'text', text: 'I am looking.' },
    { kind: 'done', calls: [{ name: 'look', arguments: '{"where":"up"}' }] },
  ]);
});
