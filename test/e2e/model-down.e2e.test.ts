import { expect, test } from 'vitest';
import type { StubReply } from '../kit/model-server.ts';
import { startPlayedModel } from '../kit/played-model.ts';
import { useStage } from '../kit/stage.ts';

const ATTEMPTS = 3;
const stage = useStage({ MEANWHILE_MODEL_ATTEMPTS: String(ATTEMPTS) });

test('a failing model is retried a few times, then the reply fails with the reason, and the next message is answered', async () => {
  const { model } = stage;
  const { log, say, replied, head } = await stage.talk('Hello');
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    (await model.asked()).answers({ status: 503, text: 'Overloaded, please wait.' });
  }
  const failed = await log.until('the reply fails', () => log.of('reply.failed')[0]);
  expect(failed).toMatchObject({
    reply_id: 'reply_1',
    error: { type: 'ModelUnavailable', message: expect.stringContaining('Overloaded') },
  });
  expect(await head()).toMatchObject({ status: 'idle' });

  await say('And now?');
  const asked = await model.asked();
  expect(asked.request.messages.slice(1)).toEqual([
    { role: 'user', text: 'Hello' },
    { role: 'user', text: 'And now?' },
  ]);
  asked.says('Now I can.');
  await replied(2);
  expect(log.of('reply.failed')).toHaveLength(1);
});

test('an answer that reached its length fails once; what it said and cost stays, and the model sees it', async () => {
  const { model } = stage;
  const talk = await stage.talk('Tell me everything.');
  const { log, say, replied, head } = talk;
  const piece = (content: string, finish_reason: string | null) => ({
    choices: [{ index: 0, delta: { content }, finish_reason }],
  });
  (await model.asked()).answers({
    chunks: [
      piece('In the beginning ', null),
      piece('there was', 'length'),
      { choices: [], usage: { prompt_tokens: 9, completion_tokens: 4 } },
    ],
  });
  const failed = await log.until('the reply fails', () => log.of('reply.failed')[0]);
  const usage = { input_tokens: 9, output_tokens: 4 };
  expect(failed).toMatchObject({
    error: { type: 'ModelCutOff' },
    text: 'In the beginning there was',
    usage,
  });
  expect(await head()).toMatchObject({ status: 'idle', usage });

  await say('Shorter.');
  const asked = await model.asked();
  const seen = asked.request.messages.slice(1).map(({ role, text }) => [role, text]);
  expect(seen).toEqual([
    ['user', 'Tell me everything.'],
    ['assistant', 'In the beginning there was [broken off]'],
    ['user', 'Shorter.'],
  ]);
  asked.says('Nothing.');
  await replied(2);
});

test('an unreachable model is retried as often, and answers when it is back', async () => {
  const { log, say, replied, id } = await stage.talk();
  const port = Number(new URL(stage.model.url).port);
  await stage.model.close();
  await say('Hello');
  const failed = await log.until('the reply fails', () => log.of('reply.failed')[0]);
  expect(failed.error).toMatchObject({ type: 'ModelUnreachable' });
  expect(await attemptsOf(id)).toEqual([ATTEMPTS]);

  stage.model = await startPlayedModel({ port });
  await say('And now?');
  (await stage.model.asked()).says('Now I can.');
  await replied(2);
});

test('a model that sets Retry-After is retried at that time', async () => {
  const { model } = stage;
  const { replied, id } = await stage.talk('Hello');
  const tooMany: StubReply = {
    status: 429,
    text: 'Slow down.',
    headers: { 'retry-after-ms': '70' },
  };
  (await model.asked()).answers(tooMany);
  (await model.asked()).says('Hello!');
  await replied(1);
  const [started] = (await historyOf(id)).flatMap((event) => {
    const { activityTaskStartedEventAttributes: attributes } = event;
    return attributes ? [attributes] : [];
  });
  expect(started).toMatchObject({ attempt: 2 });
  const { type, nonRetryable, nextRetryDelay } = started!.lastFailure!.applicationFailureInfo!;
  expect({ type, nonRetryable, ms: Number(nextRetryDelay!.nanos) / 1e6 }).toEqual({
    type: 'ModelRateLimited',
    nonRetryable: false,
    ms: 70,
  });
});

test('a model that refuses the key is asked once, and the key is not in the error', async () => {
  const { model } = stage;
  const { log, say, replied, id } = await stage.talk('Hello');
  (await model.asked()).answers({ status: 401, text: 'Incorrect API key provided: sk-12345.' });
  const { error } = await log.until('the reply fails', () => log.of('reply.failed')[0]);
  expect(error.type).toBe('ModelAccessDenied');
  expect(error.message).not.toContain('sk-12345');
  expect(await attemptsOf(id)).toEqual([1]);
  await say('And now?');
  (await model.asked()).says('Now I may.');
  await replied(2);
});

async function historyOf(id: string) {
  const { events } = await stage.workflows.conversation(id).fetchHistory();
  return events ?? [];
}

/** The number of attempts at each finished activity that asks the model. */
async function attemptsOf(id: string): Promise<number[]> {
  return (await historyOf(id)).flatMap(
    ({ activityTaskStartedEventAttributes: started }) => started?.attempt ?? [],
  );
}
