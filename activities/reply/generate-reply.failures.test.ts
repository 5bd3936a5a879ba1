/** How a reply fails: what is retried, what is final, and what it keeps of its text and cost. */
import type { ApplicationFailure } from '@temporalio/activity';
import { describe, expect, test } from 'vitest';
import { withCost } from '../../model/cost.ts';
import { ModelError } from '../../model/errors.ts';
import { away } from '../../test/kit/away.ts';
import { conversation, type ReplyPlay, play, riding, RUN } from '../../test/kit/reply-play.ts';

describe('failures', () => {
  test('of the provider are passed on with their type and delay', async () => {
    const { result } = await play({
      model: () => ({ status: 429, text: 'Slow down.', headers: { 'retry-after': '2' } }),
    });
    await expect(result).rejects.toMatchObject({
      type: 'ModelRateLimited',
      nonRetryable: false,
      nextRetryDelay: 2_000,
    });
  });

  const busy = () => ({ status: 503, text: 'Busy.' });

  test('of the provider are final with the last attempt, however many workers were lost', async () => {
    const early = await play({ model: busy, attempt: 30, failed: 2 });
    await expect(early.result).rejects.toMatchObject({
      type: 'ModelUnavailable',
      nonRetryable: false,
      nextRetryDelay: 2_000,
    });
    expect(early.beats).toEqual([{ failed: 3 }]);
    const last = await play({ model: busy, attempt: 5, failed: 3 });
    await expect(last.result).rejects.toMatchObject({
      type: 'ModelUnavailable',
      nonRetryable: true,
    });
  });

  test('that are unexpected count too, and are shown as a type and a sentence that reveals nothing', async () => {
    const model = () => ({ text: 'Said.' });
    const broken = () => new TypeError("Cannot read properties of undefined (reading 'secret')");
    const unforeseen: Partial<ReplyPlay>[] = [
      { begin: () => Promise.reject(broken()) },
      { append: () => Promise.reject(broken()) },
      { recording: () => Promise.reject(broken()), request: { batch: riding({}) } },
      {
        client: {
          stream() {
            throw broken();
          },
        },
      },
    ];
    for (const how of unforeseen) {
      const { result, beats } = await play({ model, attempt: 4, failed: 3, ...how });
      const failure: ApplicationFailure = await result.then(
        () => expect.fail('It did not fail.'),
        (error) => error,
      );
      expect(failure).toMatchObject({ nonRetryable: true });
      expect(failure.type).toMatch(/^(InternalError|ModelUnknown)$/);
      expect(beats).toContainEqual({ failed: 4 });
      if (failure.type === 'InternalError') expect(failure.message).not.toContain('secret');
    }
  });

  test('of the store are waited out: the model is asked once, and nothing is stored twice', async () => {
    let appended = 0;
    const { result, stub, store, happened } = await play({
      model: () => ({ text: 'Here I am.' }),
      begin: failingTwice(async () => store.beginDraft(conversation, 'reply_1', 1, RUN)),
      keep: async (write) => {
        appended += 1;
        // Its answer is lost the first time, though it was written.
        await write();
        if (appended === 1) throw away();
      },
    });
    expect((await result).text).toBe('Here I am.');
    expect(stub.requests).toHaveLength(1);
    const kept = happened.filter((what) => Array.isArray(what) && what[0] === 'shown');
    expect(kept.map((what) => (what as string[])[1]).join('')).toBe('Here I am.');
    expect((await store.draft(conversation))?.text).toBe('Here I am.');
  });

  test('of an answer that reached its maximum length keep its text and its cost', async () => {
    const chunk = (choice: object, usage?: object) => ({
      choices: [{ index: 0, finish_reason: null, delta: {}, ...choice }],
      usage,
    });
    const { result, store, happened } = await play({
      model: () => ({
        chunks: [
          chunk({ delta: { content: 'It goes on ' } }),
          chunk({ delta: { content: 'and on' }, finish_reason: 'length' }),
          { choices: [], usage: { prompt_tokens: 9, completion_tokens: 4 } },
        ],
      }),
    });
    await expect(result).rejects.toMatchObject({
      type: 'ModelCutOff',
      nonRetryable: true,
      details: [{ usage: { input_tokens: 9, output_tokens: 4 } }],
    });
    expect((await store.draft(conversation))?.text).toBe('It goes on and on');
    const kept = happened.filter((what) => Array.isArray(what) && what[0] === 'kept');
    expect(kept.map((what) => (what as string[])[1]).join('')).toBe('It goes on and on');
    const day = new Date().toISOString().slice(0, 10);
    expect(await store.tokensSpent({ tenant: 'default', day })).toBe(13);
  });

  test('add up the cost of all attempts', async () => {
    const { result } = await play({
      client: {
        async *stream() {
          yield { kind: 'text', text: 'Hm.' };
          const usage = { input_tokens: 1, output_tokens: 2 };
          throw withCost(new ModelError('ModelBrokenAnswer', 'It broke off.'), usage);
        },
      },
      failed: 3,
      cost: { input_tokens: 30, output_tokens: 40 },
    });
    await expect(result).rejects.toMatchObject({
      nonRetryable: true,
      details: [{ usage: { input_tokens: 31, output_tokens: 42 } }],
    });
  });

  test('are final when the reply has lost too many workers', async () => {
    const { result, stub } = await play({ model: busy, attempt: 101 });
    await expect(result).rejects.toMatchObject({ type: 'WorkerLost', nonRetryable: true });
    expect(stub.requests).toEqual([]);
  });

  test.each([
    ['nobody', 'UnknownAgent'],
    ['broken', 'UnknownTool'],
  ])('of the catalogue for the agent %s are final', async (agent, type) => {
    const { result } = await play({ model: () => ({}), request: { agent } });
    await expect(result).rejects.toMatchObject({ type, nonRetryable: true });
  });
});

/** Succeeds the third time. */
function failingTwice<T>(work: () => Promise<T>): () => Promise<T> {
  let times = 0;
  return () => (++times < 3 ? Promise.reject(away()) : work());
}
