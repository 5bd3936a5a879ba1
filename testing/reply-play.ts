/** One reply played through the activity, with a stub for the model, a store in memory and a bus that is listened to. */
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { onTestFinished } from 'vitest';
import { z } from 'zod';
import { createGenerateReply } from '../activities/generate-reply.ts';
import type { Batch } from '../contract/batch.ts';
import type { Entry } from '../contract/entry.ts';
import type { Head } from '../contract/head.ts';
import type { ReplyRequest, ReplyResult } from '../contract/turn.ts';
import { createModelClient } from '../model/client.ts';
import type { ModelClient } from '../model/message.ts';
import { type BusMessage, createLocalBus } from '../stream/bus.ts';
import { defineTool } from '../tools/define.ts';
import { createMemoryStore } from './memory-store.ts';
import { startStubModel, type StubHandler } from './model-server.ts';

export const conversation = { tenant: 'default', id: 'c' };

const look = defineTool({
  name: 'look',
  description: 'Looks.',
  input: z.object({ where: z.string() }),
  run: async () => 'seen',
});
const other = defineTool({
  ...look,
  name: 'other',
  approval: { question: 'May I?' },
  duplicates: 'reject',
});
const catalogue = {
  tools: new Map([look, other].map((tool) => [tool.name, tool])),
  agents: new Map(
    [
      { name: 'default', instructions: 'Help.' },
      { name: 'narrow', instructions: 'Help.', model: 'large', tools: ['look'] },
      { name: 'broken', instructions: 'Help.', tools: ['nothing'] },
    ].map((agent) => [agent.name, agent]),
  ),
};

const entries = [
  { seq: 1, kind: 'message.user', message_id: 'm1', text: 'Look here.', when_busy: 'interrupt' },
  { seq: 2, kind: 'reply.started', reply_id: 'reply_1', because: 'message', reason: '' },
].map(
  (body) =>
    ({
      at: '2030-01-01T00:00:00.000Z',
      actor: { type: 'user', id: 'user' },
      cause: [],
      ...body,
    }) as Entry,
);

const head: Head = {
  status: 'replying',
  reply: { id: 'reply_1', started_at: '2030-01-01T00:00:00.000Z' },
  calls: [],
  usage: { input_tokens: 0, output_tokens: 0 },
};

/** The last message and the start of the reply, from a task before the one that wrote the log. */
export const riding = (instead: { text?: string }): Batch => ({
  conversation,
  fence: { run: 0, length: 1, at: 0 },
  base: 1,
  entries: entries.map((entry) =>
    entry.kind === 'message.user' ? { ...entry, ...instead } : entry,
  ),
  head,
});

export interface Play {
  /** In place of a message and the start of its reply. */
  log?: Entry[];
  model?: StubHandler;
  /** In place of the stub. */
  client?: ModelClient;
  request?: Partial<ReplyRequest>;
  attempt?: number;
  /** Before the batch that rides is written. */
  recording?: () => Promise<void>;
  begin?: () => Promise<boolean>;
  append?: (text: string) => Promise<boolean>;
}

/** A reply under way, with everything that was kept and shown in its order. */
export async function play({
  log = entries,
  model = () => ({}),
  client,
  request,
  attempt = 1,
  recording,
  begin,
  append,
}: Play) {
  const stub = await startStubModel(model);
  onTestFinished(() => stub.close());
  const store = createMemoryStore();
  await store.record({
    conversation,
    fence: { run: 1, length: 1, at: 0 },
    base: 1,
    entries: log,
    head,
  });
  if (attempt > 1) {
    // The attempt before this one had begun to speak.
    await store.beginDraft(conversation, 'reply_1', attempt - 1);
    await store.appendDraft(conversation, {
      reply_id: 'reply_1',
      attempt: attempt - 1,
      text: 'Half a ',
    });
  }
  // Failures are what many of these tests are about: nothing for the log.
  const environment = new MockActivityEnvironment(
    { attempt },
    { logger: new DefaultLogger('ERROR') },
  );
  const bus = createLocalBus();
  const happened: unknown[] = [];
  const shown: BusMessage[] = [];
  bus.subscribe(conversation, (message) => {
    shown.push(message);
    if (message.type === 'delta') happened.push(['shown', message.text]);
  });
  const generateReply = createGenerateReply({
    store: {
      ...store,
      async record(batch) {
        await recording?.();
        return store.record(batch);
      },
      beginDraft: begin ?? store.beginDraft,
      async appendDraft(key, draft) {
        const wanted = (await append?.(draft.text)) ?? (await store.appendDraft(key, draft));
        happened.push(['kept', draft.text, draft.attempt]);
        return wanted;
      },
    },
    bus,
    catalogue,
    model: client ?? createModelClient({ api: 'chat', baseURL: stub.url }),
    defaultModel: 'small',
    rest_ms: 0,
  });
  const asked: ReplyRequest = {
    conversation,
    agent: 'default',
    reply_id: 'reply_1',
    from: 1,
    to: log.length,
    because: 'message',
    news: [],
    calls: [],
    attempts: 4,
    ...request,
  };
  const result = environment.run<[ReplyRequest], ReplyResult, typeof generateReply>(
    generateReply,
    asked,
  );
  // Every test looks at the outcome in the end, some only after having waited for something else.
  result.catch(() => undefined);
  return { result, stub, environment, bus, store, happened, shown };
}
