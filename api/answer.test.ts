import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Entry, EntryOf } from '../contract/entry.ts';
import type { ConversationKey } from '../contract/names.ts';
import { batch, idle } from '../test/store/samples.ts';
import { createTestApi, type TestApi } from '../test/kit/api.ts';
import { fieldErrors } from './answer.ts';

let api: TestApi;
let one: ConversationKey;

beforeEach(async () => {
  api = await createTestApi();
  one = await api.begin();
});
afterEach(() => api.app.close());

const answer = (body: object, key?: string, call = 'call_a') =>
  api.post(
    `/v1/conversations/${one.id}/calls/${call}/answer`,
    body,
    key === undefined ? {} : { 'idempotency-key': key },
  );

const at = '2030-01-01T00:00:00.000Z';
const requested: Entry = {
  ...{ seq: 1, at, cause: [], kind: 'call.requested', call_id: 'call_a' },
  ...{ tool: 'echo', input: {}, actor: { type: 'agent', id: 'default' } },
};
const asked = (seq: number, id: string, more: object): EntryOf<'call.event'> => ({
  ...{ seq, at, cause: [1], kind: 'call.event', call_id: 'call_a', n: seq, event: 'progress' },
  ...{ percent: 0, schedule: 'when_idle', actor: { type: 'tool', id: 'echo' } },
  question: { id, message: 'Which?', expires_at: at, ...more },
});
const schema = {
  type: 'object',
  properties: {
    branch: { type: 'string', minLength: 2 },
    force: { type: 'boolean', default: false },
  },
  required: ['branch', 'force'],
};
const form = asked(2, 'q1', { schema });
const answered: EntryOf<'call.answered'> = {
  ...{ seq: 3, at, cause: [1, 2], kind: 'call.answered', call_id: 'call_a', question_id: 'q1' },
  ...{ action: 'decline', actor: { type: 'user', id: 'ann' } },
};

const logged = (...entries: Entry[]) => api.store.record(batch(one, [1, 1], 1, entries, idle));

describe('an answer', () => {
  test('is checked against the schema, has its defaults, and is one update', async () => {
    await logged(requested, form);
    const body = { action: 'accept', content: { branch: 'main' }, author: 'ann' };
    expect(await answer(body)).toMatchObject({
      status: 202,
      body: { call_id: 'call_a', question_id: 'q1', action: 'accept' },
    });
    expect(api.gateway.calls).toEqual([
      {
        ...{ method: 'answerCall', id: one.id },
        payload: {
          ...{ call_id: 'call_a', question_id: 'q1', action: 'accept', by: 'ann' },
          content: { force: false, branch: 'main' },
        },
      },
    ]);
  });

  test.each([
    [{ action: 'accept' }, 'body.content'],
    [{ action: 'accept', content: { branch: 'm' } }, 'body.content.branch'],
    [{ action: 'accept', content: [] }, 'body.content'],
    [{ action: 'decline', content: { branch: 'main' } }, 'body.content'],
    [{ action: 'maybe' }, 'body.action'],
    [{ action: 'accept', content: { branch: 'main' }, author: '' }, 'body.author'],
  ])('with the body %j is refused, and nothing is lost', async (body, path) => {
    await logged(requested, form);
    expect((await answer(body)).body).toMatchObject({ status: 400, errors: [{ path }] });
    expect(api.gateway.calls).toEqual([]);
    expect((await answer({ action: 'cancel' })).status).toBe(202);
  });

  test('to a question with a page is given without content', async () => {
    await logged(requested, asked(2, 'q1', { url: 'https://example.com/' }));
    const refused = await answer({ action: 'accept', content: {} });
    expect(refused.body).toMatchObject({ status: 400, errors: [{ path: 'body.content' }] });
    expect((await answer({ action: 'accept' })).status).toBe(202);
  });

  test('goes to the question that it names, or else to the one that is open', async () => {
    await logged(requested, form, answered, asked(4, 'q2', {}));
    expect((await answer({ action: 'accept' })).body).toMatchObject({ question_id: 'q2' });
    const late = await answer({ question_id: 'q0', action: 'cancel' });
    expect(late.body).toMatchObject({ status: 409, code: 'call_not_asking' });
  });

  test('to a call that asks nothing is a 409, and to an unknown one a 404', async () => {
    await logged(requested);
    const refused = await answer({ action: 'cancel' });
    expect(refused.body).toMatchObject({ status: 409, code: 'call_not_asking' });
    const unknown = await answer({ action: 'cancel' }, undefined, 'call_x');
    expect(unknown.body).toMatchObject({ status: 404, code: 'call_not_found' });
  });

  test('that the workflow refuses is a 409, unless the log has the same answer', async () => {
    await logged(requested, form, answered);
    api.gateway.decided = { outcome: 'not_awaiting', message: 'call_a does not ask that.' };
    const other = await answer({ question_id: 'q1', action: 'cancel' });
    expect(other.body).toMatchObject({ status: 409, detail: 'call_a does not ask that.' });
    expect((await answer({ question_id: 'q1', action: 'decline' })).status).toBe(202);
  });

  test('repeated with its key has the same answer, and with another body is a conflict', async () => {
    await logged(requested, form);
    const first = await answer({ action: 'cancel' }, 'k');
    expect((await answer({ action: 'cancel' }, 'k')).body).toEqual(first.body);
    const conflict = await answer({ action: 'decline' }, 'k');
    expect(conflict.body).toMatchObject({ status: 409, code: 'idempotency_conflict' });
  });
});

test('each error names its field', () => {
  const message = `data/mail must match format "email", data must have required property 'branch'`;
  expect(fieldErrors(message)).toEqual([
    { path: 'body.content.mail', message: 'must match format "email"' },
    { path: 'body.content', message: "must have required property 'branch'" },
  ]);
  expect(fieldErrors('not known')).toEqual([{ path: 'body.content', message: 'not known' }]);
});
