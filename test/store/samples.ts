/** Conversations, entries and batches for the tests of a store. */
import { randomUUID } from 'node:crypto';
import type { Batch } from '../../contract/batch.ts';
import type { EntryOf } from '../../contract/entry.ts';
import type { Head } from '../../contract/head.ts';
import { replyId, type ConversationKey } from '../../contract/names.ts';
import type { Store } from '../../store/store.ts';

/** A key that no other test uses, with its own tenant. */
export const someone = (): ConversationKey => ({ tenant: randomUUID(), id: randomUUID() });

const at = '2025-01-02T03:04:05.678Z';

export const message = (seq: number, text: string): EntryOf<'message.user'> => ({
  seq,
  at,
  kind: 'message.user',
  actor: { type: 'user', id: 'user' },
  cause: [],
  message_id: `message_${seq}`,
  text,
  when_busy: 'interrupt',
});

const byAgent = { at, actor: { type: 'agent' as const, id: 'default' }, cause: [1] };

export const started = (seq: number, number: number): EntryOf<'reply.started'> => ({
  ...byAgent,
  seq,
  kind: 'reply.started',
  reply_id: replyId(number),
  because: 'message',
  reason: 'a message came in',
});

export const completed = (
  seq: number,
  number: number,
  text: string,
): EntryOf<'reply.completed'> => ({
  ...byAgent,
  seq,
  kind: 'reply.completed',
  reply_id: replyId(number),
  text,
  usage: { input_tokens: 1, output_tokens: 2 },
});

/** As the workflow sends it: it never knows the text. */
export const interrupted = (seq: number, number: number): EntryOf<'reply.interrupted'> => ({
  ...byAgent,
  seq,
  kind: 'reply.interrupted',
  reply_id: replyId(number),
  text: '',
  by: 'message',
  rolled_back: false,
});

/** Also as the workflow sends it. */
export const failed = (seq: number, number: number): EntryOf<'reply.failed'> => ({
  ...byAgent,
  seq,
  kind: 'reply.failed',
  reply_id: replyId(number),
  error: {
    type: 'ModelCutOff',
    message: 'The answer reached the longest that the model may give.',
  },
  usage: { input_tokens: 9, output_tokens: 4 },
});

export const idle: Head = {
  status: 'idle',
  calls: [],
  usage: { input_tokens: 0, output_tokens: 0 },
};

export const replying = (number: number): Head => ({
  ...idle,
  status: 'replying',
  reply: { id: replyId(number), started_at: at },
});

/** `fence` is [run, length] or [run, length, at]. */
export const batch = (
  conversation: ConversationKey,
  [run, length, at = 0]: [number, number, number?],
  base: number,
  entries: Batch['entries'],
  head: Head = idle,
): Batch => ({ conversation, fence: { run, length, at }, base, entries, head });

/** One message per text. */
export const messages = (base: number, ...texts: string[]) =>
  texts.map((text, index) => message(base + index, text));

/** The outcome of a write that stopped no draft. */
export const recorded = { outcome: 'recorded', said: {} };

/** What the tests of writes look at afterwards. */
export const readsOf = (store: () => Store) => ({
  async texts(conversation: ConversationKey) {
    const entries = await store().window(conversation, { from: 1, to: 1_000 });
    return entries.map((entry) => ('text' in entry ? entry.text : entry.kind));
  },
  async state(conversation: ConversationKey) {
    const found = await store().conversation(conversation);
    return { last_seq: found?.last_seq, revision: found?.revision, status: found?.status };
  },
});
