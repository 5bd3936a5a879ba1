/** Providers deviate from the API in ways that the client accepts. */
import { afterEach, describe, expect, test } from 'vitest';
import { startStubModel, type StubModel } from '../test/kit/model-server.ts';
import { all, never, request } from '../test/kit/model-request.ts';
import { createModelClient } from './client.ts';
import { toFailure } from './errors.ts';
import type { ModelPart } from './message.ts';

let stub: StubModel | undefined;
afterEach(async () => {
  await stub?.close();
  stub = undefined;
});

describe('chat completions of other providers:', () => {
  const chunk = (delta: object, finish_reason: string | null = null) => ({
    choices: [{ delta, finish_reason }],
  });

  async function ask(...chunks: unknown[]): Promise<ModelPart[]> {
    stub = await startStubModel(() => ({ chunks }));
    const client = createModelClient({ api: 'chat', baseURL: stub.url });
    return all(client.stream(request, never));
  }

  const piece = (more: object, name?: string, text?: unknown) => ({
    tool_calls: [{ ...more, function: { name, arguments: text } }],
  });
  const both = [
    { name: 'look', arguments: '{"where":"a"}' },
    { name: 'look', arguments: '{"where":"b"}' },
  ];

  test.each([
    [
      'whole calls without number or id',
      [piece({}, 'look', '{"where":"a"}'), piece({}, 'look', '{"where":"b"}')],
    ],
    [
      'pieces without a number',
      [
        piece({ id: 'x' }, 'look', '{"where":'),
        piece({}, undefined, '"a"}'),
        piece({ id: 'y' }, 'look', '{"where":"b"}'),
      ],
    ],
    [
      'number 0 for every call',
      [
        piece({ index: 0, id: 'x' }, 'look', '{"where":"a"}'),
        piece({ index: 0, id: 'y' }, 'look', '{"where":'),
        piece({ index: 0 }, undefined, '"b"}'),
      ],
    ],
    [
      'id and name with every piece',
      [
        piece({ index: 0, id: 'x' }, 'look', '{"where":'),
        piece({ index: 0, id: 'x' }, 'look', '"a"}'),
        piece({ index: 1, id: 'y' }, 'look', '{"where":"b"}'),
      ],
    ],
    [
      'empty ids in the later pieces',
      [
        piece({ index: 0, id: 'x' }, 'look', '{"where":'),
        piece({ index: 0, id: '' }, '', '"a"}'),
        piece({ index: 1, id: 'y' }, 'look', '{"where":"b"}'),
      ],
    ],
    [
      'arguments that are an object',
      [piece({ id: 'x' }, 'look', { where: 'a' }), piece({ id: 'y' }, 'look', { where: 'b' })],
    ],
    ['both in one chunk', [{ tool_calls: both.map((call) => ({ function: call })) }]],
  ])('may send %s', async (_, deltas) => {
    const parts = await ask(
      ...deltas.map((delta) => chunk(delta)),
      chunk({}, 'tool_calls'),
      '[DONE]',
    );
    expect(parts).toMatchObject([{ kind: 'done', calls: both, usage: { estimated: true } }]);
    expect(parts[0]).toHaveProperty('calls.length', 2);
  });

  test('may send chunks without choices and end without [DONE]', async () => {
    const parts = await ask(
      { id: 'x' },
      { choices: [] },
      chunk({ content: 'Yes.' }),
      chunk({}, 'stop'),
    );
    expect(parts).toMatchObject([{ kind: 'text', text: 'Yes.' }, { kind: 'done' }]);
  });

  test.each([
    ['length', {}, 'ModelCutOff'],
    ['content_filter', {}, 'ModelContentFiltered'],
    ['stop', { refusal: 'I will not.' }, 'ModelRefused'],
  ])('an answer that stops with %s and %j is a failure', async (finish, delta, type) => {
    const error = await ask(chunk({ content: 'Half' }), chunk(delta, finish)).catch(toFailure);
    expect(error).toMatchObject({ type, nonRetryable: true });
  });
});

describe('responses of other kinds:', () => {
  const usage = { input_tokens: 2, output_tokens: 1, total_tokens: 3 };

  async function ask(...chunks: object[]): Promise<ModelPart[]> {
    stub = await startStubModel(() => ({ chunks }));
    const client = createModelClient({ api: 'responses', baseURL: stub.url });
    return all(client.stream(request, never));
  }

  test('calls that only the final response names are found', async () => {
    const call = { type: 'function_call', call_id: 'x', name: 'look', arguments: '{}' };
    const parts = await ask({ type: 'response.completed', response: { output: [call], usage } });
    expect(parts).toEqual([
      {
        kind: 'done',
        calls: [{ name: 'look', arguments: '{}' }],
        usage: { input_tokens: 2, output_tokens: 1 },
      },
    ]);
  });

  test.each([
    [
      {
        type: 'response.incomplete',
        response: { incomplete_details: { reason: 'max_output_tokens' } },
      },
      'ModelCutOff',
    ],
    [
      {
        type: 'response.incomplete',
        response: { incomplete_details: { reason: 'content_filter' } },
      },
      'ModelContentFiltered',
    ],
    [
      {
        type: 'response.failed',
        response: { error: { code: 'rate_limit_exceeded', message: '' } },
      },
      'ModelRateLimited',
    ],
    [
      { type: 'response.failed', response: { error: { code: 'server_error', message: '' } } },
      'ModelUnavailable',
    ],
    [{ type: 'response.failed', response: { error: null } }, 'ModelUnavailable'],
  ])('%j is a failure', async (event, type) => {
    expect(await ask(event).catch(toFailure)).toMatchObject({ type });
  });

  test('a refusal is a failure', async () => {
    const error = await ask(
      { type: 'response.refusal.delta', delta: 'I will not.' },
      { type: 'response.completed', response: { output: [], usage } },
    ).catch(toFailure);
    expect(error).toMatchObject({
      type: 'ModelRefused',
      message: 'The model refused: I will not.',
    });
  });
});
