/** A reply that interrupts another one of its process asks the model before the interruption is written. */
import { defaultActivityInfo, MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { expect, test } from 'vitest';
import type { Entry } from '../../contract/entry.ts';
import type { ReplyRequest, ReplyResult } from '../../contract/reply.ts';
import type { ModelClient } from '../../model/message.ts';
import { createLocalBus } from '../../stream/bus.ts';
import { createMemoryStore } from '../../test/kit/memory-store.ts';
import { replyRequest } from '../../test/kit/reply-request.ts';
import {
  batch,
  interrupted,
  message,
  replying,
  someone,
  started,
} from '../../test/store/samples.ts';
import { createKnownLogs } from '../log/known-logs.ts';
import { createGenerateReply } from './generate-reply.ts';

const FIRST = [message(1, 'A.'), started(2, 1)];
const CUT = [...FIRST, message(3, 'B.'), interrupted(4, 1), started(5, 2)];

/** @param writing before the interruption is written, while the first reply has said "Half a " */
async function interruption(writing: (asked: Promise<void>, say: () => Promise<void>) => unknown) {
  const conversation = someone();
  const store = createMemoryStore();
  const bus = createLocalBus();
  const requests: string[] = [];
  const shown: string[] = [];
  const isShown = Promise.withResolvers<void>();
  const isAsked = Promise.withResolvers<void>();
  bus.subscribe(conversation, (heard) => {
    if (heard.type !== 'delta') return;
    shown.push(heard.text);
    isShown.resolve();
  });
  const model: ModelClient = {
    async *stream({ messages }, signal) {
      requests.push(JSON.stringify(messages));
      if (requests.length === 1) {
        yield { kind: 'text', text: 'Half a ' };
        await new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error));
        });
      }
      isAsked.resolve();
      yield { kind: 'text', text: `Answer ${requests.length}.` };
      yield { kind: 'done', calls: [], usage: { input_tokens: 1, output_tokens: 1 } };
    },
  };
  const { runId: run_id } = defaultActivityInfo.workflowExecution!;
  /** As another attempt would, of which this process knows nothing. */
  const say = async () => {
    const more = { reply_id: 'reply_1', attempt: 1, run_id, text: 'sentence' };
    expect(await store.appendDraft(conversation, more)).toBe(true);
  };
  const generateReply = createGenerateReply({
    store: {
      ...store,
      async record(given, options) {
        if (given.entries.length === CUT.length) await writing(isAsked.promise, say);
        return store.record(given, options);
      },
    },
    bus,
    model,
    catalogue: {
      tools: new Map(),
      agents: new Map([['default', { name: 'default', instructions: 'Help.' }]]),
    },
    defaultModel: 'small',
    logs: createKnownLogs(),
    settings: {},
    rest_ms: 0,
    isCurrentRun: async () => true,
    isTerminated: async () => false,
    originOf: async () => ({}),
  });
  const run = (number: number, entries: Entry[]) =>
    new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') }).run<
      [ReplyRequest],
      ReplyResult,
      typeof generateReply
    >(
      generateReply,
      replyRequest(entries, {
        conversation,
        reply_id: `reply_${number}`,
        batch: batch(conversation, [0, 3 * number], 1, entries, replying(number)),
      }),
    );
  const first = run(1, FIRST);
  first.catch(() => {});
  await isShown.promise;
  const { text } = await run(2, CUT);
  await expect(first).rejects.toMatchObject({ type: 'ReplyStopped' });
  const [, , , cut] = await store.window(conversation, { from: 1, to: 5 });
  return { text, cut, shown, requests: requests.slice(1) };
}

test('the model is asked with what the interrupted reply has said, while the interruption is being written', async () => {
  const { text, cut, requests } = await interruption((asked) => asked);
  expect(requests).toHaveLength(1);
  expect(requests[0]).toContain('Half a  [interrupted]');
  expect(cut).toMatchObject({ kind: 'reply.interrupted', text: 'Half a ' });
  expect(text).toBe('Answer 2.');
});

test('if the interrupted reply has said something else, nothing of the answer is shown, and the model is asked again', async () => {
  let isFirst = true;
  const { text, cut, shown, requests } = await interruption(async (asked, say) => {
    await asked;
    if (isFirst) await say();
    isFirst = false;
  });
  expect(requests).toHaveLength(2);
  expect(requests[0]).toContain('Half a  [interrupted]');
  expect(requests[1]).toContain('Half a sentence [interrupted]');
  expect(cut).toMatchObject({ kind: 'reply.interrupted', text: 'Half a sentence' });
  expect(text).toBe('Answer 3.');
  expect(shown).toEqual(['Half a ', 'Answer 3.']);
});
