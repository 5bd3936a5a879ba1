/** The model's door: streams of a server that keeps to no contract, read by the real client, into the real activity. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import { ApplicationFailure, defaultPayloadConverter } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
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
import { type FuzzScript, scripts } from './model-scripts.ts';

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

export async function fuzzModel(store: Store, effort: Effort): Promise<number> {
  let answer: FuzzScript | undefined;
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

async function check(store: Store, url: string, { api }: FuzzScript): Promise<void> {
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

const json = JSON.stringify;

/** As it arrives in the workflow. */
const carried = (value: unknown) =>
  defaultPayloadConverter.fromPayload(defaultPayloadConverter.toPayload(value));
