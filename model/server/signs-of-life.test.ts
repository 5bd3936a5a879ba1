/** How long the client waits for a model, and what counts as a sign of life. */
import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { startStubModel, type StubModel } from '../../test/kit/model-server.ts';
import { all, never, request } from '../../test/kit/model-request.ts';
import { createModelClient } from '../client.ts';
import { toFailure } from '../errors.ts';

let stub: StubModel | undefined;
afterEach(async () => {
  await stub?.close();
  stub = undefined;
});

const comment = ': still loading';
const chunk = (delta: object, finish_reason: string | null = null) => ({
  choices: [{ delta, finish_reason }],
});

/** Sends each frame of `frames` as soon as it is yielded. */
async function connect(frames: (closed: AbortSignal) => AsyncIterable<unknown>) {
  stub = await startStubModel(({ closed }) => ({ frames: frames(closed) }));
  return createModelClient({
    api: 'chat',
    baseURL: stub.url,
    settings: { MEANWHILE_FIRST_TOKEN_MS: 10_000, MEANWHILE_SILENCE_MS: 1_000 },
  });
}

const tick = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test('a model that has not begun has a longer timeout than one that has', async () => {
  const client = await connect(async function* () {
    yield chunk({ role: 'assistant', content: '' });
    await tick(1_500);
    yield chunk({ content: 'Yes.' }, 'stop');
  });
  expect(await all(client.stream(request, never))).toMatchObject([{ text: 'Yes.' }, {}]);
});

test('a model that has begun and falls silent fails with a timeout', async () => {
  const client = await connect(async function* (closed) {
    yield chunk({ content: 'Yes' });
    await once(closed, 'abort');
  });
  const failure = await all(client.stream(request, never)).catch(toFailure);
  expect(failure).toMatchObject({
    type: 'ModelTimeout',
    message: 'The model sent nothing for 1 s.',
  });
});

test('comments are signs of life', async () => {
  const client = await connect(async function* () {
    yield chunk({ content: 'Yes' });
    for (let nth = 0; nth < 6; nth += 1) {
      await tick(250);
      yield { comment };
    }
    yield chunk({ content: '.' }, 'stop');
  });
  const parts = await all(client.stream(request, never));
  expect(parts).toMatchObject([{ text: 'Yes' }, { text: '.' }, {}]);
});

test('an agent may set how long to wait for its model', async () => {
  const client = await connect(async function* (closed) {
    await once(closed, 'abort');
    yield chunk({});
  });
  const asked = { ...request, first_token_ms: 200 };
  const failure = await all(client.stream(asked, never)).catch(toFailure);
  expect(failure).toMatchObject({ message: 'The model sent nothing for 0.2 s.' });
});
