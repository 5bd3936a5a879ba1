/** The model's door: streams of a server that keeps to no contract, read by the real client, into the real activity. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import { ApplicationFailure, defaultPayloadConverter } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import fc from 'fast-check';
import { z } from 'zod';
import { createGenerateReply } from '../../activities/reply/generate-reply.ts';
import type { Entry } from '../../contract/entry.ts';
import { whyRefused } from '../../contract/json-value.ts';
import type { ReplyRequest, ReplyResult } from '../../contract/reply.ts';
import { createModelClient } from '../../model/client.ts';
import { transcript } from '../../model/transcript.ts';
import type { Store } from '../../store/store.ts';
import { createLocalBus } from '../../stream/bus.ts';
import { defineTool } from '../../tools/define.ts';
import { type Effort, holds } from './found.ts';
import { hostileText, strings } from './json-text.ts';

const tools = [
  defineTool({
    name: 'open',
    description: 'Takes anything.',
    input: z.looseObject({ a: z.unknown() }),
    progress: true,
    run: async () => 'done',
  }),
  defineTool({
    name: 'strict',
    description: 'Takes little.',
    input: z.object({ a: z.array(z.string()), b: z.record(z.string(), z.number()) }),
    run: async () => 'done',
  }),
];
const agent = { name: 'default', instructions: 'Help.' };
const catalogue = {
  tools: new Map(tools.map((tool) => [tool.name, tool])),
  agents: new Map([[agent.name, agent]]),
};

interface Script {
  api: 'chat' | 'responses';
  frames: string[];
  /** Where the bytes of the answer are cut. */
  cuts: number[];
  /** What is said in frames that are as they should be. Undefined: there are others too. */
  said?: string;
}

/** UTF-16, cut between any two units. */
const cutText = (text: fc.Arbitrary<string>) =>
  fc.tuple(text, fc.uniqueArray(fc.nat(60), { maxLength: 6 })).map(([whole, places]) => {
    const all = [0, ...places.filter((at) => at < whole.length).sort((a, b) => a - b)];
    return all.map((from, nth) => whole.slice(from, all[nth + 1]));
  });

const words = fc
  .array(fc.constantFrom('a', ' ', '\n', 'é', '😀', '👩‍👩‍👧', '\0', '\ud83d', '\ude00'), {
    maxLength: 25,
  })
  .map((all) => all.join(''));
const names = fc.oneof(
  fc.constantFrom('open', 'strict', 'open', 'strict', 'cancel_call', 'next_event'),
  fc.constantFrom('', '__proto__', 'constructor', '\0\ud83d', 'x'.repeat(3_000), 'toString'),
);
const inputs = fc.oneof(
  hostileText,
  hostileText.map((value) => `{"a":${value}}`),
  hostileText.map((value) => `{"a":[],"b":{"__proto__":${value}},"report":"every 25 percent"}`),
  strings.map((report) => `{"a":1,"report":${report}}`),
  fc.constant(`{"a":"${'y'.repeat(300_000)}"}`),
  fc.constant(`{"a":[${'1,'.repeat(20_000)}1]}`),
);
const calls = fc.array(fc.record({ name: names, pieces: cutText(inputs) }), { maxLength: 3 });
const counts = fc.constantFrom(
  '7',
  '0',
  '-1',
  '1.5',
  '1e400',
  '9007199254740993',
  '"7"',
  'null',
  '{}',
);
const usage = fc.tuple(counts, counts);

const frame = (json: string) => `data: ${json}\n\n`;
const json = JSON.stringify;

/** Frames of an unexpected shape. */
const odd = fc.oneof(
  hostileText,
  hostileText.map((value) => `{"choices":[{"delta":{"content":${value}}}]}`),
  hostileText.map((value) => `{"choices":[{"delta":{"refusal":${value}}}]}`),
  hostileText.map((value) => `{"choices":[{"delta":{"tool_calls":[{"function":${value}}]}}]}`),
  hostileText.map(
    (value) =>
      `{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"name":"open","arguments":${value}}}]}}]}`,
  ),
  hostileText.map((value) => `{"choices":${value}}`),
  hostileText.map((value) => `{"usage":${value},"choices":[]}`),
  hostileText.map((value) => `{"error":${value}}`),
  hostileText.map((value) => `{"type":"response.output_text.delta","delta":${value}}`),
  hostileText.map((value) => `{"type":"response.completed","response":${value}}`),
  hostileText.map(
    (value) =>
      `{"type":"response.output_item.done","item":{"type":"function_call","name":${value},"arguments":${value}}}`,
  ),
  hostileText.map((value) => `{"type":"response.failed","response":{"error":${value}}}`),
);

const chat = fc.tuple(cutText(words), calls, usage).map(([pieces, asked, [input, output]]) => [
  ...pieces.map((content) => json({ choices: [{ index: 0, delta: { content } }] })),
  ...asked.flatMap(({ name, pieces: parts }, index) => [
    json({
      choices: [
        {
          delta: { tool_calls: [{ index, id: `c${index}`, function: { name, arguments: '' } }] },
        },
      ],
    }),
    ...parts.map((part) =>
      json({ choices: [{ delta: { tool_calls: [{ index, function: { arguments: part } }] } }] }),
    ),
  ]),
  json({ choices: [{ delta: {}, finish_reason: 'stop' }] }),
  `{"choices":[],"usage":{"prompt_tokens":${input},"completion_tokens":${output}}}`,
  '[DONE]',
]);

const responses = fc.tuple(cutText(words), calls, usage).map(([pieces, asked, [input, output]]) => [
  ...pieces.map((delta) => json({ type: 'response.output_text.delta', delta })),
  ...asked.map(({ name, pieces: parts }) => {
    const item = { type: 'function_call', call_id: 'c', name, arguments: parts.join('') };
    return json({ type: 'response.output_item.done', item });
  }),
  `{"type":"response.completed","response":{"output":[],"usage":{"input_tokens":${input},"output_tokens":${output}}}}`,
]);

const scripts: fc.Arbitrary<Script> = fc
  .record({
    api: fc.constantFrom('chat' as const, 'responses' as const),
    chat,
    responses,
    disturbed: fc.option(fc.tuple(odd, fc.nat(8)), { freq: 2 }),
    cuts: fc.uniqueArray(fc.nat(2_000), { maxLength: 8 }),
  })
  .map(({ api, disturbed, cuts, ...both }) => {
    const frames = [...both[api]];
    if (disturbed) frames.splice(disturbed[1], 0, disturbed[0]);
    return { api, frames: frames.map(frame), cuts: cuts.toSorted((a, b) => a - b) };
  });

export async function fuzzModel(store: Store, effort: Effort): Promise<number> {
  let answer: Script | undefined;
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const whole = Buffer.from(answer!.frames.join(''));
    const places = [0, ...answer!.cuts.filter((at) => at < whole.length)];
    for (const [nth, from] of places.entries())
      response.write(whole.subarray(from, places[nth + 1]));
    response.end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  try {
    return await holds(
      'the model',
      scripts,
      (script) => {
        answer = script;
        return check(store, url, script);
      },
      effort,
    );
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

const FEWEST_FIELDS = { at: '2030-01-01T00:00:00.000Z', cause: [] as number[] };
const byUser = { ...FEWEST_FIELDS, actor: { type: 'user' as const, id: 'user' } };
const byAgent = { ...FEWEST_FIELDS, actor: { type: 'agent' as const, id: 'default' } };
const idle = { calls: [], usage: { input_tokens: 0, output_tokens: 0 } };

async function check(store: Store, url: string, { api }: Script): Promise<void> {
  const conversation = { tenant: 'fuzz', id: randomUUID() };
  const began: Entry[] = [
    {
      ...byUser,
      seq: 1,
      kind: 'message.user',
      message_id: 'm',
      text: 'Go.',
      when_busy: 'interrupt',
    },
    {
      ...byAgent,
      seq: 2,
      kind: 'reply.started',
      reply_id: 'reply_1',
      because: 'message',
      reason: '',
    },
  ];
  const reply = { id: 'reply_1', started_at: byUser.at };
  const fence = (length: number) => ({ run: 1, length, at: 0 });
  const replying = { ...idle, status: 'replying' as const, reply };
  await store.record({ conversation, fence: fence(1), base: 1, entries: began, head: replying });

  const bus = createLocalBus();
  let shown = '';
  bus.subscribe(conversation, (message) => {
    if (message.type !== 'delta') return;
    if (!message.text.isWellFormed()) throw new Error(`Half a character: ${json(message.text)}`);
    shown = shown.slice(0, message.offset) + message.text;
  });
  const generateReply = createGenerateReply({
    store,
    bus,
    catalogue,
    model: createModelClient({
      api,
      baseURL: url,
      settings: { MEANWHILE_FIRST_TOKEN_MS: 5_000, MEANWHILE_SILENCE_MS: 5_000 },
    }),
    settings: {},
    defaultModel: 'm',
    rest_ms: 0,
    isCurrentRun: async () => true,
    isTerminated: async () => false,
    originOf: async () => ({}),
  });
  const request: ReplyRequest = {
    conversation,
    agent: 'default',
    reply_id: 'reply_1',
    from: 1,
    to: 2,
    because: 'message',
    news: [],
    calls: [],
    attempts: 1,
    count_tokens: true,
  };
  const environment = new MockActivityEnvironment(
    { attempt: 1 },
    { logger: new DefaultLogger('ERROR') },
  );
  let result: ReplyResult;
  try {
    result = await environment.run<[ReplyRequest], ReplyResult, typeof generateReply>(
      generateReply,
      request,
    );
  } catch (error) {
    // The last attempt: it is never retried.
    const isFinal = error instanceof ApplicationFailure && error.nonRetryable === true;
    if (isFinal && error.type?.startsWith('Model') && error.message.isWellFormed()) return;
    throw error;
  }
  if (result.text !== shown) throw new Error(`${json(shown)} was shown of ${json(result.text)}.`);
  if (!isDeepStrictEqual(carried(result), result)) throw new Error('Temporal changes the result.');

  const end: Entry[] = [
    {
      ...byAgent,
      seq: 3,
      kind: 'reply.completed',
      reply_id: 'reply_1',
      text: result.text,
      usage: result.usage,
    },
    ...result.calls.map(({ call_id, tool, input, report }, nth): Entry => {
      const why = whyRefused(input);
      if (why !== undefined) throw new Error(`The input of ${tool} ${why}.`);
      return {
        ...byAgent,
        cause: [3],
        seq: 4 + nth,
        kind: 'call.requested',
        call_id,
        tool,
        input,
        ...(report !== undefined && { report }),
      };
    }),
  ];
  const head = { ...idle, status: 'idle' as const };
  await store.record({ conversation, fence: fence(2), base: 3, entries: end, head });
  const read = await store.window(conversation, { from: 1, to: 99 });
  if (!isDeepStrictEqual(json(read), json([...began, ...end])))
    throw new Error('Written and read again, it differs.');
  const messages = transcript({
    entries: read,
    agent,
    request: { ...request, to: read.length },
    progress: new Map(),
  });
  if (!json(messages).isWellFormed()) throw new Error('The model would be sent half a character.');
}

/** As it arrives in the workflow. */
const carried = (value: unknown) =>
  defaultPayloadConverter.fromPayload(defaultPayloadConverter.toPayload(value));
