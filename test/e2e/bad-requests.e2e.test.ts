import { expect, test } from 'vitest';
import { useStage } from '../kit/stage.ts';

const MOST_BYTES = 2_000;
const stage = useStage({ MEANWHILE_MAX_MESSAGE_BYTES: String(MOST_BYTES) });

const JSON_TYPE = { 'content-type': 'application/json' };

interface Wrong {
  /** Default: a message to the conversation. */
  path?: string;
  method?: 'GET';
  headers?: Record<string, string>;
  body?: string;
}

const message = (fields: object) => ({ body: JSON.stringify(fields) });

const WRONG: [what: string, request: Wrong, status: number, code: string][] = [
  ['no body', {}, 400, 'invalid_request'],
  ['an empty text', message({ text: '' }), 400, 'invalid_request'],
  ['a blank text', message({ text: ' \n\t' }), 400, 'invalid_request'],
  ['a misspelt field', message({ text: 'Hello', when_bsy: 'queue' }), 400, 'invalid_request'],
  ['a policy that is none', message({ text: 'Hello', when_busy: 'wait' }), 400, 'invalid_request'],
  ['what is not JSON', { body: '{"text": "Hello"' }, 400, 'malformed_json'],
  ['what is nested too deep', { body: '['.repeat(900) + ']'.repeat(900) }, 400, 'invalid_request'],
  [
    'metadata that is nested too deep',
    { path: '/v1/conversations', body: `{"metadata":{"a":${'['.repeat(900)}${']'.repeat(900)}}}` },
    400,
    'invalid_request',
  ],
  [
    'headers that are too large',
    { headers: { ...JSON_TYPE, x: 'y'.repeat(20_000) }, ...message({ text: 'Hello' }) },
    431,
    'headers_too_large',
  ],
  ['a body that is too large', message({ text: 'x'.repeat(MOST_BYTES) }), 413, 'request_too_large'],
  [
    'a form',
    { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'text=Hello' },
    415,
    'unsupported_media_type',
  ],
  [
    'plain text',
    { headers: { 'content-type': 'text/plain' }, body: '{"text":"Hello"}' },
    415,
    'unsupported_media_type',
  ],
  [
    'an idempotency key with a space',
    { headers: { ...JSON_TYPE, 'idempotency-key': 'a b' }, ...message({ text: 'Hello' }) },
    400,
    'invalid_request',
  ],
  [
    'a message to a conversation that is none',
    { path: '/v1/conversations/conv_none/messages', ...message({ text: 'Hello' }) },
    404,
    'conversation_not_found',
  ],
  [
    'a message to an id that can be none',
    { path: '/v1/conversations/no%20id/messages', ...message({ text: 'Hello' }) },
    400,
    'invalid_request',
  ],
  [
    'the stream of a conversation that is none',
    { path: '/v1/conversations/conv_none/stream', method: 'GET' },
    404,
    'conversation_not_found',
  ],
  [
    'an agent that is none',
    { path: '/v1/conversations', ...message({ agent: 'nobody' }) },
    422,
    'unknown_agent',
  ],
  ['an address that is none', { path: '/v2/conversations', method: 'GET' }, 404, 'not_found'],
];

test('an invalid request is answered with the code of its problem and leaves the conversation unchanged', async () => {
  const { model, service } = stage;
  const { id, log, say, replied } = await stage.talk('Hello');
  (await model.asked()).says('Hello!');
  await replied(1);

  for (const [what, { path, method = 'POST', headers = JSON_TYPE, body }, ...expected] of WRONG) {
    const to = path ?? `/v1/conversations/${id}/messages`;
    const answer = await fetch(`${service.url}${to}`, { method, headers, body });
    expect(await problemOf(answer), what).toEqual(expected);
  }
  for (const lastEventId of ['yesterday', '1', '-1.0', '1.0.0', '01.0']) {
    const answer = await fetch(`${service.url}/v1/conversations/${id}/stream`, {
      headers: { 'last-event-id': lastEventId },
    });
    expect(await problemOf(answer), lastEventId).toEqual([400, 'invalid_request']);
  }

  await say('Are you still there?');
  const asked = await model.asked();
  expect(asked.request.messages.slice(1)).toEqual([
    { role: 'user', text: 'Hello' },
    { role: 'assistant', text: 'Hello!', calls: [] },
    { role: 'user', text: 'Are you still there?' },
  ]);
  asked.says('I am.');
  await replied(2);
  expect(log.of('message.user').map(({ text }) => text)).toEqual(['Hello', 'Are you still there?']);
});

test('a closed conversation refuses every command, and its log can be read', async () => {
  const { service } = stage;
  const { id, log, post } = await stage.talk();
  await post('close');
  await stage.workflows.conversation(id).result();
  expect((await log.ended).message).toBe('the stream has ended');

  const requests: [path: string, body: object][] = [
    ['messages', { text: 'Hello' }],
    ['messages', { text: 'Hello', when_busy: 'reject' }],
    ['interrupt', { scope: 'all' }],
    ['calls/call_1/cancel', {}],
  ];
  for (const [path, body] of requests) {
    const answer = await fetch(`${service.url}/v1/conversations/${id}/${path}`, {
      method: 'POST',
      headers: JSON_TYPE,
      body: JSON.stringify(body),
    });
    expect(await problemOf(answer), path).toEqual([409, 'conversation_closed']);
  }
  expect(await post('close')).toEqual({ id });
  const { entries } = await service.client.get(`/v1/conversations/${id}/entries`);
  expect(entries).toEqual(log.entries);
  const stream = await fetch(`${service.url}/v1/conversations/${id}/stream?after=1`);
  expect(stream.status).toBe(204);
});

test('a message concurrent with the close of its conversation is in the log or was refused', async () => {
  const { service, workflows } = stage;
  for (let round = 1; round <= 5; round++) {
    const { id, log, post } = await stage.talk();
    const closing = post('close');
    await log.until('the log says that it is closed', () => log.of('conversation.closed')[0]);
    const answer = await fetch(`${service.url}/v1/conversations/${id}/messages`, {
      method: 'POST',
      headers: JSON_TYPE,
      body: JSON.stringify({ text: 'Wait!' }),
    });
    await closing;
    await workflows.conversation(id).result();
    const { entries } = await service.client.get(`/v1/conversations/${id}/entries`);
    expect(entries.map(({ kind }: { kind: string }) => kind)).toEqual(
      answer.status === 202 ? ['message.user', 'conversation.closed'] : ['conversation.closed'],
    );
    if (answer.status !== 202) {
      expect(await problemOf(answer)).toEqual([409, 'conversation_closed']);
    }
  }
});

async function problemOf(answer: Response): Promise<[status: number, code: string]> {
  expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json\b/);
  const problem = (await answer.json()) as { code: string };
  expect(problem).toMatchObject({
    type: `urn:meanwhile:problem:${problem.code}`,
    status: answer.status,
    title: expect.stringMatching(/\.$/),
    detail: expect.stringMatching(/\S/),
  });
  return [answer.status, problem.code];
}
