/** The bounds of a reply, which is the result of an activity: Temporal accepts two megabytes. */
import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { play } from '../../test/kit/reply-play.ts';

const look = (where: string) => ({ name: 'look', arguments: JSON.stringify({ where }) });

test('arguments that are nested too deeply are reported to the model, at every depth', async () => {
  const nested = (depth: number) => `{"where":${'['.repeat(depth)}${']'.repeat(depth)}}`;
  const calls = [3_800, 5_000, 50_000].map((depth) => ({ name: 'look', arguments: nested(depth) }));
  const { calls: asked } = await (await play({ model: () => ({ calls }) })).result;
  const message = expect.stringContaining('is nested deeper than 100 levels');
  expect(asked.map(({ problem }) => problem)).toEqual(
    calls.map(() => ({ type: 'InvalidInput', message })),
  );
});

test('the arguments of all calls together are bounded, and the excess calls are reported to the model', async () => {
  const calls = Array.from({ length: 5 }, () => look('é'.repeat(110_000)));
  const { result } = await play({ model: () => ({ calls }), request: { agent: 'wordy' } });
  const reply = await result;
  expect(reply.calls.map(({ problem }) => problem?.type)).toEqual([
    ...[undefined, undefined, undefined],
    ...['InvalidInput', 'InvalidInput'],
  ]);
  expect(Buffer.byteLength(JSON.stringify(reply))).toBeLessThan(1_000_000);
});

test('hundreds of calls at once are a broken answer, which is retried a bounded number of times', async () => {
  const model = () => ({ calls: Array.from({ length: 501 }, () => look('here')) });
  const broken = {
    type: 'ModelBrokenAnswer',
    message: 'The model requested 501 calls at once; at most 500 are allowed.',
  };
  const first = await play({ model });
  await expect(first.result).rejects.toMatchObject({ ...broken, nonRetryable: false });
  const last = await play({ model, failed: 3 });
  await expect(last.result).rejects.toMatchObject({ ...broken, nonRetryable: true });
});

test('what a provider wants back is dropped before a call is', async () => {
  const data = randomBytes(47_000).toString('base64');
  const reasoned = (index: number) => ({
    ...{ index, id: `c${index}`, function: look('here') },
    extra_content: { google: { thought_signature: data } },
  });
  const delta = { tool_calls: Array.from({ length: 20 }, (_, index) => reasoned(index)) };
  const chunks = [{ choices: [{ delta, finish_reason: 'tool_calls' }] }];
  const { calls } = await (await play({ model: () => ({ chunks }) })).result;
  expect(calls.map(({ problem }) => problem)).toEqual(calls.map(() => undefined));
  expect(calls.filter(({ attached }) => attached)).toHaveLength(12);
  expect(Buffer.byteLength(JSON.stringify(calls))).toBeLessThan(900_000);
});

test.each([
  ['default', 'it exceeded the 32000 tokens that a reply may have.'],
  ['wordy', 'its text exceeded 400000 characters.'],
])('an endless text is cut off, and its cost is counted: %s', async (agent, why) => {
  const text = 'word '.repeat(80_001);
  const { result, store } = await play({ model: () => ({ text }), request: { agent } });
  await expect(result).rejects.toMatchObject({
    type: 'ModelCutOff',
    message: `The answer was cut off: ${why}`,
    nonRetryable: true,
    details: [{ usage: { estimated: true } }],
  });
  const day = new Date().toISOString().slice(0, 10);
  expect(await store.tokensSpent({ tenant: 'default', day })).toBeGreaterThan(38_000);
});

test('a character that the provider splits is shown whole', async () => {
  const delta = (content: string) => ({ choices: [{ index: 0, delta: { content } }] });
  const { result, shown } = await play({
    model: () => ({
      chunks: [
        ...['Hi \ud83d', '\ude00\ud83d', '', '\ude00 \ud83d'].map(delta),
        { choices: [{ delta: {}, finish_reason: 'stop' }] },
        '[DONE]',
      ],
    }),
  });
  expect((await result).text).toBe('Hi 😀😀 \uFFFD');
  const deltas = shown.flatMap((message) => (message.type === 'delta' ? message.text : []));
  expect(deltas.every((text) => text.isWellFormed())).toBe(true);
  expect(deltas.join('')).toBe('Hi 😀😀 \uFFFD');
});
