import { afterEach, expect, test } from 'vitest';
import type { ProfileName } from '../../contract/profile.ts';
import { createModelClient } from '../../model/client.ts';
import {
  startStubModel,
  type StubHandler,
  type StubModel,
  type StubRequest,
} from '../../test/kit/model-server.ts';
import { examine } from './examine.ts';

let model: StubModel;
afterEach(() => model.close());

async function examineServer(
  handler: StubHandler,
  {
    profile = 'compatible',
    context_tokens = 4_000,
  }: { profile?: ProfileName; context_tokens?: number } = {},
) {
  model = await startStubModel(handler);
  const access = { baseURL: model.url, apiKey: 'none' };
  const { findings, fits } = await examine({
    clients: {
      chat: createModelClient({ api: 'chat', ...access }),
      responses: createModelClient({ api: 'responses', ...access }),
    },
    model: 'stub',
    api: 'chat',
    profile,
    context_tokens,
    signal: new AbortController().signal,
  });
  const verdicts = Object.fromEntries(findings.map(({ check, verdict }) => [check, verdict]));
  const details = findings.map(({ check, detail }) => `${check}: ${detail}`).join('\n');
  return { verdicts, details, fits };
}

const lastOf = ({ body }: StubRequest) => JSON.stringify(body);

/** A model that answers every probe correctly. */
const good: StubHandler = (request) => {
  const sent = lastOf(request);
  if (sent.includes('add once')) return { calls: [{ name: 'add', arguments: '{"a":17,"b":25}' }] };
  if (sent.includes('add twice')) {
    return {
      calls: [
        { name: 'add', arguments: '{"a":1,"b":2}' },
        { name: 'add', arguments: '{"a":3,"b":4}' },
      ],
    };
  }
  return { text: sent.includes('capital of France') ? 'It is Paris.' : 'ready' };
};

test('a server that accepts everything fits the current settings', async () => {
  const { verdicts, fits } = await examineServer(good);
  expect(verdicts).toEqual({
    'a plain question (chat)': 'ok',
    streaming: 'ok',
    usage: 'ok',
    'an open call (profile compatible)': 'ok',
    'a tool': 'ok',
    'two tools at once': 'ok',
    'a long prompt': 'ok',
  });
  expect(fits).toEqual({ api: 'chat', profile: 'compatible', tools: true, context_tokens: 4_000 });
});

test('a template that requires alternating roles fits the profile `alternating`', async () => {
  const { verdicts, details, fits } = await examineServer((request) => {
    const { messages } = request.body as { messages: { role: string }[] };
    const roles = messages.map(({ role }) => role).filter((role) => role !== 'system');
    const isWrong = roles.some(
      (role, i) => role === 'user' && ['user', 'tool'].includes(roles[i - 1] ?? 'assistant'),
    );
    if (isWrong) return { status: 400, text: 'Conversation roles must alternate user/assistant.' };
    return good(request);
  });
  expect(verdicts).toMatchObject({
    'an open call (profile compatible)': 'no',
    'an open call (profile alternating)': 'ok',
  });
  expect(details).toContain('Conversation roles must alternate');
  expect(fits?.profile).toBe('alternating');
});

test('a server with only the Responses API fits that API', async () => {
  const { verdicts, fits } = await examineServer((request) =>
    'messages' in (request.body as object) ? { status: 404, text: 'Not found' } : good(request),
  );
  expect(verdicts).toMatchObject({
    'a plain question (chat)': 'no',
    'a plain question (responses)': 'ok',
  });
  expect(fits?.api).toBe('responses');
});

test('async function tools are probed if the API has them', async () => {
  const onlyResponses: StubHandler = (request) =>
    'messages' in (request.body as object) ? { status: 404, text: 'Not found' } : good(request);
  const { verdicts, details } = await examineServer(onlyResponses);
  expect(verdicts['async function tools']).toBe('ok');
  expect(details).toContain('OPENAI_PROFILE=async_tools uses them');
  await model.close();

  const refused = await examineServer((request) =>
    lastOf(request).includes('"async":true')
      ? { status: 400, text: "Unknown parameter: 'tools[0].async'." }
      : onlyResponses(request),
  );
  expect(refused.verdicts['async function tools']).toBe('poor');
  expect(refused.details).toContain('a prompt explains them: ModelRequestRefused');
});

test('the profile async_tools is replaced by another over Chat Completions', async () => {
  const { verdicts, details, fits } = await examineServer(good, { profile: 'async_tools' });
  expect(verdicts).toMatchObject({
    'an open call (profile async_tools)': 'no',
    'an open call (profile openai)': 'ok',
  });
  expect(details).toContain('Chat Completions has no async function tools');
  expect(fits?.profile).toBe('openai');
});

test('a context window smaller than the budget reduces the budget', async () => {
  const { verdicts, details, fits } = await examineServer(
    (request) =>
      lastOf(request).length > 12_000
        ? { status: 400, code: 'context_length_exceeded', text: 'The prompt is too long.' }
        : good(request),
    { context_tokens: 8_000 },
  );
  expect(verdicts['a long prompt']).toBe('poor');
  expect(details).toContain('ModelContextTooLong: 400 The prompt is too long.');
  expect(fits?.context_tokens).toBe(2_000);
});

test('a server that silently truncates a long prompt is detected by its own token count', async () => {
  const { details, fits } = await examineServer(
    async (request) => ({
      ...(await good(request)),
      usage: { input_tokens: 2_048, output_tokens: 1 },
    }),
    { context_tokens: 16_000 },
  );
  expect(details).toMatch(/reading 2048 of about \d+ tokens: it cuts off the beginning/);
  expect(fits?.context_tokens).toBe(2_000);
});

test('a weakness is reported and does not rule the server out', async () => {
  const { verdicts, fits } = await examineServer(() => ({ text: 'I like trains.', usage: 'none' }));
  expect(verdicts).toMatchObject({
    usage: 'poor',
    'an open call (profile compatible)': 'poor',
    'a tool': 'poor',
    'two tools at once': 'poor',
    'a long prompt': 'ok',
  });
  expect(fits).toBeDefined();
});

test('a model without tools is reported with the server’s own error', async () => {
  const { verdicts, details, fits } = await examineServer((request) =>
    (request.body as { tools?: unknown[] }).tools?.length
      ? { status: 400, text: 'stub does not support tools' }
      : good(request),
  );
  expect(verdicts['an open call (profile compatible)']).toBe('no');
  expect(details).toContain('does not support tools');
  expect(verdicts['a conversation without tools']).toBe('poor');
  expect(fits).toMatchObject({ profile: 'compatible', tools: false });
});

test('nothing fits when the key is refused', async () => {
  const { details, fits } = await examineServer(() => ({
    status: 401,
    text: 'no such key sk-123',
  }));
  expect(fits).toBeUndefined();
  expect(details).toContain('ModelAccessDenied');
  expect(details).not.toContain('sk-123');
});
