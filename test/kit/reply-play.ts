/** One reply played through the activity, with a stub for the model, a store in memory and a bus that is listened to. */
import { defaultActivityInfo, MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { onTestFinished } from 'vitest';
import { z } from 'zod';
import type { KnownLogs } from '../../activities/log/known-logs.ts';
import {
  createGenerateReply,
  type GenerateReplyDependencies,
} from '../../activities/reply/generate-reply.ts';
import type { Batch } from '../../contract/batch.ts';
import type { Entry, Usage } from '../../contract/entry.ts';
import type { Head } from '../../contract/head.ts';
import { MAX_REPLY_TOKENS } from '../../contract/limits.ts';
import type { ProfileName } from '../../contract/profile.ts';
import type { ReplyRequest, ReplyResult } from '../../contract/reply.ts';
import { createModelClient } from '../../model/client.ts';
import type { ModelApi, ModelClient } from '../../model/message.ts';
import type { Store } from '../../store/store.ts';
import { type BusMessage, createLocalBus } from '../../stream/bus.ts';
import { defineTool, type Tool } from '../../tools/define.ts';
import { patient } from '../../store/patient.ts';
import { createMemoryStore } from './memory-store.ts';
import { startStubModel, type StubHandler } from './model-server.ts';
import { replyRequest } from './reply-request.ts';

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
const gather = defineTool({
  ...look,
  name: 'gather',
  awaits: 'managed',
  results: { min: 1, max: 3 },
});
const pay = defineTool({
  name: 'pay',
  description: 'Pays.',
  input: z.object({
    to: z.string().trim(),
    amount: z.coerce.number().transform((amount) => Math.min(amount, 50)),
    currency: z.string().default('EUR'),
  }),
  approval: true,
  run: async () => 'paid',
});
const again = defineTool({ ...pay, name: 'again', approval: undefined, duplicates: 'confirm' });
const catalogue = {
  tools: new Map([look, other, gather, pay, again].map((tool) => [tool.name, tool as Tool])),
  agents: new Map(
    [
      { name: 'default', instructions: 'Help.' },
      { name: 'narrow', instructions: 'Help.', model: 'large', tools: ['look'] },
      { name: 'patient', instructions: 'Help.', awaits: 'managed' as const },
      { name: 'told', instructions: 'Help.', profile: 'tool_result' as const },
      { name: 'wordy', instructions: 'Help.', max_reply_tokens: MAX_REPLY_TOKENS },
      { name: 'plain', instructions: 'Help.', tools: [] },
      { name: 'broken', instructions: 'Help.', tools: ['nothing'] },
    ].map((agent) => [agent.name, agent]),
  ),
};

const asked = [
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

/** The run id of activities by default. */
export const RUN = defaultActivityInfo.workflowExecution!.runId;

/** The last message and the start of the reply, from a task before the one that wrote the log. */
export const riding = (instead: { text?: string }): Batch => ({
  conversation,
  fence: { run: 0, length: 1, at: 0 },
  base: 1,
  entries: asked.map((entry) => (entry.kind === 'message.user' ? { ...entry, ...instead } : entry)),
  head,
});

export interface ReplyPlay {
  model?: StubHandler;
  /** In place of the stub. */
  client?: ModelClient;
  /** Default: `chat`. */
  api?: ModelApi;
  profile?: ProfileName;
  /** In place of one message and the start of a reply to it. */
  entries?: Entry[];
  request?: Partial<ReplyRequest>;
  attempt?: number;
  /** How many attempts at the model have failed before. */
  failed?: number;
  /** What they have cost. */
  cost?: Usage;
  settings?: GenerateReplyDependencies['settings'];
  /** What the process knows of the log. Default: nothing. */
  logs?: KnownLogs;
  /** Before anything is asked. */
  before?: (store: Store) => Promise<void>;
  /** Before the batch that rides is written. */
  recording?: () => Promise<void>;
  begin?: () => Promise<boolean>;
  append?: (text: string) => Promise<boolean>;
  /** Around each write of a text. */
  keep?: (write: () => Promise<void>) => Promise<void>;
}

/** A reply under way, with everything that was kept and shown in its order. */
export async function play({
  model = () => ({ text: 'Ok.' }),
  client,
  api = 'chat',
  profile,
  entries = asked,
  request,
  attempt = 1,
  failed,
  cost,
  settings = {},
  logs,
  before,
  recording,
  begin,
  append,
  keep = (write) => write(),
}: ReplyPlay) {
  const stub = await startStubModel(model);
  onTestFinished(() => stub.close());
  const store = createMemoryStore();
  await before?.(store);
  await store.record({
    conversation,
    fence: { run: 1, length: 1, at: 0 },
    base: 1,
    entries,
    head,
  });
  if (attempt > 1) {
    // The attempt before this one had begun to speak.
    await store.beginDraft(conversation, 'reply_1', attempt - 1, RUN);
    await store.appendDraft(conversation, {
      reply_id: 'reply_1',
      attempt: attempt - 1,
      run_id: RUN,
      text: 'Half a ',
    });
  }
  // Failures are what many of these tests are about: nothing for the log.
  const environment = new MockActivityEnvironment(
    { attempt, ...(failed !== undefined && { heartbeatDetails: { failed, usage: cost } }) },
    { logger: new DefaultLogger('ERROR') },
  );
  const beats: unknown[] = [];
  environment.on('heartbeat', (details: unknown) => beats.push(details));
  const bus = createLocalBus();
  const happened: unknown[] = [];
  const windows: { from: number; to: number }[] = [];
  const shown: BusMessage[] = [];
  bus.subscribe(conversation, (message) => {
    shown.push(message);
    if (message.type === 'delta') happened.push(['shown', message.text]);
  });
  // The worker's store waits where the database is away.
  const patiently = patient(
    {
      ...store,
      async record(batch, options) {
        await recording?.();
        return store.record(batch, begin ? undefined : options);
      },
      async window(key, range) {
        windows.push(range);
        return store.window(key, range);
      },
      beginDraft: begin ?? store.beginDraft,
      async appendDraft(key, draft) {
        let wanted = await append?.(draft.text);
        if (wanted === undefined) {
          await keep(async () => void (wanted = await store.appendDraft(key, draft)));
        }
        happened.push(['kept', draft.text, draft.attempt]);
        return wanted!;
      },
    },
    { pause: async () => {} },
  );
  const generateReply = createGenerateReply({
    store: patiently,
    bus,
    catalogue,
    model: client ?? createModelClient({ api, baseURL: stub.url }),
    defaultModel: 'small',
    defaultProfile: profile,
    rest_ms: 0,
    settings,
    ...(logs && { logs }),
    isCurrentRun: async () => true,
    isTerminated: async () => false,
    originOf: async () => ({}),
  });
  const wanted = replyRequest(entries, { conversation, ...request });
  const result = environment.run<[ReplyRequest], ReplyResult, typeof generateReply>(
    generateReply,
    wanted,
  );
  // Every test looks at the outcome in the end, some only after having waited for something else.
  result.catch(() => undefined);
  return { result, stub, environment, bus, store, windows, happened, shown, beats };
}
