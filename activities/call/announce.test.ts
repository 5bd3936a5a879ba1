import type { ApplicationFailure } from '@temporalio/common';
import { Webhook } from 'standardwebhooks';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { verifyPushToken } from '../../security/remote/push-token.ts';
import { type RemoteResponse, ForbiddenAddress, type post } from '../../security/remote/request.ts';
import { defineRemoteTool } from '../../tools/remote.ts';
import { createAnnounceCall, createWithdrawCall } from './announce.ts';

const SECRET = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
const PUSH_SECRET = 'signs push URLs and nothing else at all';
const AT = Date.parse('2030-01-01T00:00:00Z');

const render = defineRemoteTool({
  name: 'render',
  description: 'Renders.',
  input: z.object({}),
  url: 'https://render.example.com/hook',
  secret: SECRET,
});

const start = {
  conversation: { tenant: 'acme', id: 'conv_1' },
  call_id: 'call_1',
  tool: 'render',
  input: { frames: 3 },
  report: 'every minute',
};

function announcer(send: typeof post) {
  const dependencies = {
    catalogue: { tools: new Map([['render', render]]), agents: new Map() },
    pushSecret: PUSH_SECRET,
    publicUrl: async () => 'https://agents.example.com',
    settings: { MEANWHILE_ALLOW_PRIVATE_URLS: false },
    send,
  };
  return { announce: createAnnounceCall(dependencies), withdraw: createWithdrawCall(dependencies) };
}

type Sent = Parameters<typeof post>;

test('a call is announced to its service, signed, with the URL it may push to', async () => {
  const sent: Sent[] = [];
  const { announce } = announcer(async (...request) => {
    sent.push(request);
    return { status: 204, text: '' };
  });
  await announce({ start, at: AT, expires_at: AT + 5_000 });
  const [[url, { headers, body, allowPrivate }]] = sent as [Sent];
  expect(url).toBe('https://render.example.com/hook');
  expect(allowPrivate).toBe(false);
  const { data, ...event } = new Webhook(SECRET).verify(body, headers) as any;
  expect(event).toEqual({ type: 'call.requested', timestamp: '2030-01-01T00:00:00.000Z' });
  const { push_url, ...rest } = data;
  expect(rest).toEqual({
    call_id: 'call_1',
    conversation_id: 'conv_1',
    tool: 'render',
    input: { frames: 3 },
    report: 'every minute',
    expires_at: '2030-01-01T00:00:05.000Z',
  });
  const [, token] = /^https:\/\/agents\.example\.com\/v1\/call-events\/(.+)$/.exec(push_url)!;
  expect(verifyPushToken(PUSH_SECRET, token!, AT)).toEqual({
    outcome: 'valid',
    claims: { tenant: 'acme', conversation: 'conv_1', call_id: 'call_1', expires_at: AT + 5_000 },
  });
});

test('another attempt sends the same message id, and a withdrawal sends a new one', async () => {
  const sent: Sent[1][] = [];
  const { announce, withdraw } = announcer(async (_, options) => {
    sent.push(options);
    return { status: 200, text: '' };
  });
  await announce({ start, at: AT, expires_at: AT + 5_000 });
  await announce({ start, at: AT, expires_at: AT + 5_000 });
  await withdraw({ start, at: AT, reason: 'The call was cancelled.' });
  const [first, again, cancelled] = sent;
  expect(again!.body).toBe(first!.body);
  expect(again!.headers['webhook-id']).toBe(first!.headers['webhook-id']);
  expect(cancelled!.headers['webhook-id']).not.toBe(first!.headers['webhook-id']);
  expect(JSON.parse(cancelled!.body)).toMatchObject({
    type: 'call.cancelled',
    data: { call_id: 'call_1', reason: 'The call was cancelled.' },
  });
});

test('a service is called only with the input that a person has approved', async () => {
  const sent: string[] = [];
  const { announce } = announcer(async (_, { body }) => {
    sent.push(body);
    return { status: 202, text: '' };
  });
  const times = { at: AT, expires_at: AT + 5_000 };
  const other = announce({ start: { ...start, agreed: { frames: 4 } }, ...times });
  await expect(other).rejects.toMatchObject({ type: 'ToolChanged', nonRetryable: true });
  expect(sent).toEqual([]);
  await announce({ start: { ...start, agreed: { frames: 3 } }, ...times });
  expect(sent).toHaveLength(1);
});

async function failureOf(send: typeof post): Promise<ApplicationFailure> {
  const failed = announcer(send).announce({ start, at: AT, expires_at: AT + 5_000 });
  return failed.then(
    () => expect.unreachable('it did not fail'),
    (error: ApplicationFailure) => error,
  );
}

describe('an answer', () => {
  test.each<[number, Partial<RemoteResponse>, string, boolean, RegExp]>([
    [301, {}, 'Refused', true, /answered with HTTP 301, and redirects are not followed\.$/],
    [
      400,
      { text: 'What?' },
      'Refused',
      true,
      /^The service of render refused .*HTTP 400\): What\?/,
    ],
    [401, {}, 'Refused', true, /refused the call \(HTTP 401\)$/],
    [404, {}, 'Refused', true, /HTTP 404/],
    [410, {}, 'Refused', true, /HTTP 410/],
    [408, {}, 'Unavailable', false, /is not available \(HTTP 408\)/],
    [429, { text: 'Slowly.' }, 'Unavailable', false, /HTTP 429\): Slowly\.$/],
    [500, {}, 'Unavailable', false, /HTTP 500/],
    [503, {}, 'Unavailable', false, /HTTP 503/],
  ])('with HTTP %i sets the type of failure', async (status, more, type, isFinal, message) => {
    const failure = await failureOf(async () => ({ status, text: '', ...more }));
    expect(failure.type).toBe(type);
    expect(failure.nonRetryable ?? false).toBe(isFinal);
    expect(failure.message).toMatch(message);
  });

  test('with Retry-After sets the delay of the next attempt', async () => {
    const failure = await failureOf(async () => ({ status: 429, text: '', retryAfter: '7' }));
    expect(failure.nextRetryDelay).toBe(7_000);
  });

  test('that never comes can be retried, unless the address is forbidden', async () => {
    const unreachable = await failureOf(async () => {
      throw new Error('connect ECONNREFUSED');
    });
    expect(unreachable).toMatchObject({ type: 'Unreachable', nonRetryable: false });
    expect(unreachable.message).toContain('connect ECONNREFUSED');
    const forbidden = await failureOf(async () => {
      throw new ForbiddenAddress('It leads to 10.0.0.1.');
    });
    expect(forbidden).toMatchObject({ type: 'ForbiddenAddress', nonRetryable: true });
  });
});
