import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { startStubModel, type StubHandler, type StubModel } from '../test/kit/model-server.ts';
import { all, never, request } from '../test/kit/model-request.ts';
import { createModelClient } from './client.ts';
import { toFailure } from './errors.ts';
import type { Usage } from '../contract/entry.ts';
import type { ModelPart } from './message.ts';

let stub: StubModel | undefined;
afterEach(async () => {
  await stub?.close();
  stub = undefined;
});

describe.each(['chat', 'responses'] as const)('the %s API', (api) => {
  async function connect(handler: StubHandler, silence_ms?: number) {
    stub = await startStubModel(handler);
    const settings = { MEANWHILE_FIRST_TOKEN_MS: silence_ms, MEANWHILE_SILENCE_MS: silence_ms };
    return createModelClient({ api, baseURL: stub.url, apiKey: 'key', settings });
  }

  async function ask(handler: StubHandler, silence_ms?: number): Promise<ModelPart[]> {
    const client = await connect(handler, silence_ms);
    return all(client.stream(request, never));
  }

  /** The failure of an answer, as the workflow would see it. */
  async function failing(handler: StubHandler, silence_ms?: number) {
    const outcome = await ask(handler, silence_ms).catch((error: unknown) => toFailure(error));
    if (Array.isArray(outcome)) throw new Error(`It did not fail: ${JSON.stringify(outcome)}`);
    return outcome;
  }

  test('carries the whole conversation and the tools', async () => {
    await ask(() => ({ text: 'Yes.' }));
    expect(stub!.requests).toMatchObject([
      { api, model: 'some-model', stream: true, messages: request.messages, tools: ['look'] },
    ]);
    expect(stub!.requests[0]!.headers.authorization).toBe('Bearer key');
  });

  test('streams text as it comes and ends with the usage', async () => {
    const parts = await ask(() => ({
      text: 'It is here.',
      usage: { input_tokens: 12, output_tokens: 3 },
    }));
    expect(parts).toEqual([
      { kind: 'text', text: 'It ' },
      { kind: 'text', text: 'is ' },
      { kind: 'text', text: 'here.' },
      { kind: 'done', calls: [], usage: { input_tokens: 12, output_tokens: 3 } },
    ]);
  });

  test('assembles several calls in order, along with text', async () => {
    const calls = [
      { name: 'look', arguments: '{"where":"here \\"and\\" there"}' },
      { name: 'cancel_call', arguments: '{"call_id":"call_2"}' },
    ];
    const parts = await ask(() => ({ text: 'Well.', calls }));
    expect(parts.at(-1)).toMatchObject({ kind: 'done', calls });
    expect(parts).toHaveLength(2);
  });

  test('accepts an empty answer', async () => {
    expect(await ask(() => ({}))).toMatchObject([{ kind: 'done', calls: [] }]);
  });

  test('estimates the usage that the provider does not report, and marks it as estimated', async () => {
    const done = (await ask(() => ({ text: 'Yes.', usage: 'none' }))).at(-1);
    expect(done).toMatchObject({ kind: 'done', usage: { output_tokens: 2, estimated: true } });
    expect((done as { usage: Usage }).usage.input_tokens).toBeGreaterThan(50);
  });

  test('closes the connection in the middle of an answer when aborted, and fails with that reason', async () => {
    const stop = new AbortController();
    const client = await connect(({ closed }) => ({
      text: (async function* () {
        yield 'It ';
        await once(closed, 'abort');
      })(),
    }));
    const said: ModelPart[] = [];
    const reason = new Error('The user went on.');
    const stream = async () => {
      for await (const part of client.stream(request, stop.signal)) {
        said.push(part);
        stop.abort(reason);
      }
    };
    await expect(stream()).rejects.toBe(reason);
    expect(said).toEqual([{ kind: 'text', text: 'It ' }]);
    const { closed } = await stub!.request(1);
    if (!closed.aborted) await once(closed, 'abort');
  });

  test('stops before the first word when aborted', async () => {
    const stop = new AbortController();
    const client = await connect(() => ({ hang: true }));
    const reason = new Error('The user went on.');
    void stub!.request(1).then(() => stop.abort(reason));
    await expect(all(client.stream(request, stop.signal))).rejects.toBe(reason);
    const { closed } = await stub!.request(1);
    if (!closed.aborted) await once(closed, 'abort');
  });

  test('gives up on a model that never begins', async () => {
    const failure = await failing(() => ({ hang: true }), 300);
    expect(failure).toMatchObject({ type: 'ModelTimeout', nonRetryable: false });
    expect(failure.message).toBe('The model sent nothing for 0.3 s.');
    const { closed } = await stub!.request(1);
    if (!closed.aborted) await once(closed, 'abort');
  });

  test('gives up on a model that falls silent in the middle', async () => {
    const failure = await failing(({ closed }) => {
      async function* text() {
        yield 'It ';
        await once(closed, 'abort');
      }
      return { text: text() };
    }, 300);
    expect(failure).toMatchObject({ type: 'ModelTimeout', nonRetryable: false });
  });

  test('passes on a rate limit with its delay, and sends one request only', async () => {
    const failure = await failing(() => ({
      status: 429,
      text: 'Slow down.',
      headers: { 'retry-after': '7' },
    }));
    expect(failure).toMatchObject({
      type: 'ModelRateLimited',
      nonRetryable: false,
      nextRetryDelay: 7_000,
      message: '429 Slow down.',
    });
    expect(stub!.requests).toHaveLength(1);
  });

  test.each([
    [400, undefined, 'ModelRequestRefused'],
    [400, 'context_length_exceeded', 'ModelContextTooLong'],
    [401, undefined, 'ModelAccessDenied'],
    [429, 'insufficient_quota', 'ModelQuotaExceeded'],
  ])('does not allow a retry after a %s with code %s', async (status, code, type) => {
    const failure = await failing(() => ({ status, code, text: 'No.' }));
    expect(failure).toMatchObject({ type, nonRetryable: true });
  });

  test('allows a retry after a server error', async () => {
    const failure = await failing(() => ({ status: 503, text: 'Busy.' }));
    expect(failure).toMatchObject({ type: 'ModelUnavailable', nonRetryable: false });
  });

  test.each([
    ['is no JSON', { chunks: ['{"choices": oops'] }],
    ['ends too early', { chunks: [] }],
  ])('allows a retry when the stream %s', async (_, reply) => {
    const failure = await failing(() => reply);
    expect(failure).toMatchObject({ type: 'ModelBrokenAnswer', nonRetryable: false });
  });

  test('allows a retry when the connection breaks in the middle', async () => {
    const failure = await failing(() => ({
      text: (async function* () {
        yield 'It ';
        throw new Error('The server dies.');
      })(),
    }));
    expect(failure).toMatchObject({ type: 'ModelUnreachable', nonRetryable: false });
  });

  test('allows a retry when the connection is refused', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    const client = createModelClient({ api, baseURL: `http://127.0.0.1:${port}/v1` });
    const error = await all(client.stream(request, never)).catch(toFailure);
    expect(error).toMatchObject({ type: 'ModelUnreachable', nonRetryable: false });
  });

  test('fails with an error inside the stream', async () => {
    const error = { message: 'Overloaded.', type: 'server_error', code: 'server_error' };
    const chunk = api === 'chat' ? { error } : { type: 'error', sequence_number: 1, error };
    const failure = await failing(() => ({ chunks: [chunk] }));
    expect(failure).toMatchObject({ type: 'ModelUnavailable', nonRetryable: false });
  });

  test('refuses a conversation that breaks R13', async () => {
    const client = await connect(() => ({ text: 'Yes.' }));
    const messages = request.messages.filter(
      (message) => message.role !== 'tool' || message.call_id !== 'call_2',
    );
    const error = await all(client.stream({ ...request, messages }, never)).catch(
      (thrown: unknown) => toFailure(thrown),
    );
    expect(error).toMatchObject({ type: 'ModelRequestRefused', nonRetryable: true });
  });
});
