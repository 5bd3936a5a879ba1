import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Entry } from '../contract/entry.ts';
import type { ConversationKey } from '../contract/names.ts';
import { batch, idle } from '../test/store/samples.ts';
import { createTestApi, type TestApi } from '../test/kit/api.ts';

let api: TestApi;
let one: ConversationKey;
let url: string;

beforeEach(async () => {
  api = await createTestApi();
  one = await api.begin();
  url = `/v1/conversations/${one.id}/calls/call_a/approval`;
});
afterEach(() => api.app.close());

const decide = (body: object, key?: string) =>
  api.post(url, body, key === undefined ? {} : { 'idempotency-key': key });

const at = '2030-01-01T00:00:00.000Z';
const requested: Entry = {
  seq: 1,
  at,
  actor: { type: 'agent', id: 'default' },
  cause: [],
  kind: 'call.requested',
  call_id: 'call_a',
  tool: 'echo',
  input: { words: 'pay Ann' },
};
const ann = { type: 'user', id: 'ann' } as const;
const approved: Entry = {
  ...{ seq: 2, at, cause: [1] },
  actor: ann,
  kind: 'call.approved',
  call_id: 'call_a',
};
const expired: Entry = {
  ...{ seq: 2, at, cause: [1], kind: 'call.denied', call_id: 'call_a' },
  actor: { type: 'system', id: 'conversation' },
  reason: 'Nobody decided in time.',
};

/** The log has these entries, whatever the workflow remembers. */
const logged = (entries: Entry[], status: 'idle' | 'closed' = 'idle') =>
  api.store.record(batch(one, [1, 1], 1, entries, { ...idle, status }));

/** The log shows the call as waiting for a person. */
function awaiting(entry = requested) {
  const status = 'awaiting_approval';
  const call = { id: 'call_a', tool: 'echo', status, requested_at: at } as const;
  return api.store.record(batch(one, [1, 1], 1, [entry], { ...idle, calls: [call] }));
}

describe('a call whose tool has changed since the request', () => {
  test.each([
    ['is gone', { ...requested, tool: 'send_payment' }, /^send_payment was removed after call_a/],
    ['takes other input', { ...requested, input: { text: 'x' } }, /^echo no longer accepts the/],
  ])('(it %s) cannot be approved, but can be denied', async (_, entry, detail) => {
    await awaiting(entry);
    const refused = await decide({ decision: 'approve' });
    expect(refused.body).toMatchObject({ status: 409, code: 'tool_changed' });
    expect(refused.body.detail).toMatch(detail);
    expect(api.gateway.calls).toEqual([]);
    expect((await decide({ decision: 'deny' })).status).toBe(202);
  });
});

describe('a call whose input a person was shown', () => {
  const asked = (input: unknown): Entry => ({
    ...{ seq: 2, at, cause: [1], kind: 'call.awaiting_approval', call_id: 'call_a' },
    actor: { type: 'system', id: 'conversation' },
    why: 'May I?',
    expires_at: at,
    input,
  });
  const shown = (...entries: Entry[]) => {
    const status = 'awaiting_approval';
    const call = { id: 'call_a', tool: 'echo', status, requested_at: at } as const;
    return api.store.record(batch(one, [1, 1], 1, entries, { ...idle, calls: [call] }));
  };

  test('can be approved while the tool parses the input to the same value', async () => {
    await shown(requested, asked({ words: 'pay Ann' }));
    expect((await decide({ decision: 'approve' })).status).toBe(202);
  });

  test('cannot be approved once the tool parses it to another value, but can be denied', async () => {
    await shown(requested, asked({ words: 'pay Ann', currency: 'EUR' }));
    const refused = await decide({ decision: 'approve' });
    expect(refused.body).toMatchObject({ status: 409, code: 'tool_changed' });
    expect(refused.body.detail).toMatch(/^echo would now read the input of call_a differently/);
    expect((await decide({ decision: 'deny' })).status).toBe(202);
  });
});

describe('a decision', () => {
  test('is one update, and the answer says what was decided', async () => {
    const answer = await decide({ decision: 'deny', reason: 'Too much.', author: 'ann' });
    expect(answer).toMatchObject({ status: 202, body: { call_id: 'call_a', decision: 'deny' } });
    expect(api.gateway.calls).toEqual([
      {
        method: 'decideCall',
        id: one.id,
        payload: { call_id: 'call_a', decision: 'deny', reason: 'Too much.', by: 'ann' },
      },
    ]);
  });

  test.each([
    [{}, 'body.decision'],
    [{ decision: 'maybe' }, 'body.decision'],
    [{ decision: 'deny', reason: ' ' }, 'body.reason'],
    [{ decision: 'deny', reason: 'x'.repeat(2_001) }, 'body.reason'],
    [{ decision: 'approve', author: '' }, 'body.author'],
  ])('with the body %j is refused', async (body, path) => {
    const answer = await decide(body);
    expect(answer.body).toMatchObject({ status: 400, errors: [{ path }] });
    expect(api.gateway.calls).toEqual([]);
  });

  test('on a call that does not await approval is a 409 that gives the state of the call', async () => {
    const message = 'call_a does not await approval: it is cancelled.';
    api.gateway.decided = { outcome: 'not_awaiting', message };
    const answer = await decide({ decision: 'approve' });
    expect(answer.body).toMatchObject({ status: 409, code: 'call_not_awaiting', detail: message });
  });

  test('is sent again while the log shows the call as awaiting: after a crash the log is ahead of the workflow', async () => {
    await awaiting();
    const refused = { outcome: 'not_awaiting', message: 'It is requested.' } as const;
    api.gateway.decided = refused;
    expect((await decide({ decision: 'approve' })).status).toBe(409);
    expect(api.gateway.calls).toHaveLength(2);
    api.gateway.decisions = [refused];
    api.gateway.decided = { outcome: 'accepted' };
    expect((await decide({ decision: 'approve' })).status).toBe(202);
  });

  test('on an unknown call is a 404', async () => {
    api.gateway.decided = { outcome: 'not_found', message: '…' };
    const answer = await decide({ decision: 'approve' });
    expect(answer.body).toMatchObject({ status: 404, code: 'call_not_found' });
  });

  test('in an unknown conversation is a 404', async () => {
    const answer = await api.post('/v1/conversations/conv_none/calls/call_a/approval', {
      decision: 'approve',
    });
    expect(answer.body).toMatchObject({ status: 404, code: 'conversation_not_found' });
  });

  test('repeated with its key has the same answer, and with another body is a conflict', async () => {
    const first = await decide({ decision: 'approve' }, 'k');
    expect(await decide({ decision: 'approve' }, 'k')).toMatchObject({
      status: 202,
      body: first.body,
    });
    const conflict = await decide({ decision: 'deny' }, 'k');
    expect(conflict.body).toMatchObject({ status: 409, code: 'idempotency_conflict' });
  });
});

describe('a decision on a call that the workflow has forgotten', () => {
  beforeEach(() => void (api.gateway.decided = { outcome: 'not_found', message: '…' }));

  test('is accepted again if the log has the same decision', async () => {
    await logged([requested, approved]);
    expect((await decide({ decision: 'approve' })).status).toBe(202);
  });

  test.each([
    ['deny', 'was approved', approved],
    ['deny', 'was denied by the approval timeout', expired],
    ['approve', 'needed no approval', undefined],
  ])('to %s a call that %s is a 409', async (decision, _, end) => {
    await logged(end ? [requested, end] : [requested]);
    const answer = await decide({ decision });
    expect(answer.body).toMatchObject({ status: 409, code: 'call_not_awaiting' });
  });
});

describe('a decision in a closed conversation', () => {
  test('is a 409, unless it was given before', async () => {
    await logged([requested, approved], 'closed');
    api.gateway.running.clear();
    expect((await decide({ decision: 'approve' })).status).toBe(202);
    const answer = await decide({ decision: 'deny' });
    expect(answer.body).toMatchObject({ status: 409, code: 'conversation_closed' });
  });
});
