/** How the activity of a reply handles what its provider does. */
import { expect, test } from 'vitest';
import { begins, log, says } from '../../test/kit/log-lines.ts';
import { play } from '../../test/kit/reply-play.ts';
import { estimateCutOff } from './cut-off.ts';

const chunk = (delta: object, finish_reason: string | null = null) => ({
  choices: [{ delta, finish_reason }],
});
const calls = [
  {
    index: 0,
    id: 'x',
    extra_content: { google: { thought_signature: 'c2ln' } },
    function: { name: 'look', arguments: '{"where":"a"}' },
  },
  { index: 1, id: 'y', function: { name: 'look', arguments: '{"where":"b"}' } },
];

test('what a provider wants back is kept with the call, and is never shown', async () => {
  const { result } = await play({
    model: () => ({
      chunks: [
        chunk({ reasoning_content: 'I should look.' }),
        chunk({ tool_calls: calls }, 'stop'),
      ],
    }),
  });
  const { calls: asked, attached } = await result;
  expect(asked[0]!.attached).toEqual({ by: expect.any(String), data: expect.any(String) });
  expect(JSON.stringify(asked)).not.toMatch(/I should look|c2ln/);
  expect(asked[1]).not.toHaveProperty('attached');
  expect(attached).toBeUndefined();
});

test('what a provider gave with earlier calls is sent back with them', async () => {
  const first = await play({
    model: () => ({
      chunks: [
        chunk({ reasoning_content: 'I should look.' }),
        chunk({ tool_calls: calls }, 'stop'),
      ],
    }),
  });
  const [asked] = (await first.result).calls;
  // The server is another one, at another port, so it gets nothing.
  const again = await play({
    entries: log(
      says('Look here.'),
      begins('reply_1'),
      { kind: 'reply.completed', reply_id: 'reply_1', text: '', usage: {} },
      { kind: 'call.requested', cause: [3], ...asked!, call_id: 'call_a' },
      { kind: 'call.completed', cause: [4], call_id: 'call_a', result: 'seen' },
      says('And?'),
      begins('reply_2'),
    ),
    request: { reply_id: 'reply_2' },
  });
  await again.result;
  expect(JSON.stringify(again.stub.requests[0]!.body)).not.toContain('I should look');
});

test('the failure for a refused window says how long it was and which limit to stay under', async () => {
  const { result } = await play({
    model: () => ({
      status: 400,
      code: 'context_length_exceeded',
      text: 'At most 1,000 tokens; you sent 2,000.',
    }),
    request: { count_tokens: true, turns: [1] },
  });
  const failure = await result.catch((error: unknown) => error);
  const { too_long } = (failure as { details: [{ too_long: Record<string, number> }] }).details[0];
  expect(too_long).toMatchObject({
    tokens: expect.any(Number),
    fixed: expect.any(Number),
    turns: [expect.any(Number)],
  });
  expect(too_long.most! / too_long.tokens!).toBeCloseTo(0.425, 1);
});

test('the window that is sent is shortened to its limit, and the whole window is counted', async () => {
  const long = 'word '.repeat(3_000);
  const { result, stub } = await play({
    entries: log(says(long), begins('reply_1')),
    request: { count_tokens: true, turns: [1], most_tokens: 2_000 },
  });
  expect((await result).tokens).toBeGreaterThan(3_000);
  expect(stub.requests[0]!.messages[1]!.text).toContain('characters left out');
});

test('a reply counts the cost of the interrupted replies before it', async () => {
  const { result } = await play({
    entries: log(
      says('Tell me all.'),
      begins('reply_1'),
      {
        kind: 'reply.interrupted',
        cause: [2],
        reply_id: 'reply_1',
        text: 'word '.repeat(100),
        by: 'message',
      },
      says('Stop.'),
      begins('reply_2'),
    ),
    request: { reply_id: 'reply_2', cut_off: [{ from: 1, started: 2 }] },
  });
  const { cut_off } = await result;
  expect(cut_off).toMatchObject({ estimated: true });
  expect(cut_off!.input_tokens).toBeGreaterThan(300);
});

test('the text of an interrupted reply is part of its cost', async () => {
  const entries = log(says('Tell me all.'), begins('reply_1'), {
    kind: 'reply.interrupted',
    cause: [2],
    reply_id: 'reply_1',
    text: 'word '.repeat(100),
    by: 'message',
  });
  const request = { messages: [], tools: [] };
  const cost = await estimateCutOff([{ from: 1, started: 2 }], { entries, earlier: [] }, request);
  expect(cost.output_tokens).toBeGreaterThan(90);
  expect(cost.input_tokens).toBeLessThan(30);
});

test('thoughts are neither kept nor shown', async () => {
  const { result, happened } = await play({
    model: () => ({ text: '<think>They are rude.</think>Good day.' }),
  });
  expect((await result).text).toBe('Good day.');
  expect(JSON.stringify(happened)).not.toContain('rude');
});

test('the results of calls for a message require an answer once no call is open', async () => {
  const entries = log(
    says('Look here.'),
    begins('reply_1'),
    { kind: 'reply.completed', cause: [2], reply_id: 'reply_1', text: '', usage: {} },
    begins('reply_2'),
  );
  const request = { reply_id: 'reply_2', because: 'results' as const };
  const silent = await play({ model: () => ({}), entries, request });
  await expect(silent.result).rejects.toMatchObject({ type: 'ModelSilent' });
  const spoken = entries.map((entry) => ({ ...entry, text: 'I look.' }));
  const quiet = await play({ model: () => ({}), entries: spoken, request });
  expect(await quiet.result).toMatchObject({ text: '' });
});
