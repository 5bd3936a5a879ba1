import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ConversationKey } from '../contract/names.ts';
import { headOf } from '../conversation/head.ts';
import { createTestApi, type TestApi } from '../test/kit/api.ts';
import { Story } from '../test/kit/story.ts';

let api: TestApi;
let key: ConversationKey;
beforeEach(async () => {
  api = await createTestApi();
  key = await api.begin();
});
afterEach(() => api.app.close());

test('turns come in pages, oldest first', async () => {
  const story = new Story();
  for (const text of ['one', 'two', 'three']) {
    story.user(text);
    story.model(`${text}, indeed`);
  }
  const fence = { run: 1, length: 1, at: 0 };
  const head = headOf(story.state);
  await api.store.record({ conversation: key, fence, base: 1, entries: story.log, head });
  const url = `/v1/conversations/${key.id}/turns`;
  const first = await api.get(`${url}?limit=2`);
  expect(first).toMatchObject({
    status: 200,
    body: {
      turns: [{ turn: 1, triggered_by: [{ what: 'one' }] }, { turn: 2 }],
      next_after: 2,
    },
  });
  const second = await api.get(`${url}?after=${first.body.next_after}`);
  expect(second.body).toEqual({
    turns: [expect.objectContaining({ turn: 3, usage: { input_tokens: 10, output_tokens: 1 } })],
  });
});

test('a conversation without messages has no turns, and an unknown one is a 404', async () => {
  expect((await api.get(`/v1/conversations/${key.id}/turns`)).body).toEqual({ turns: [] });
  const missing = await api.get('/v1/conversations/conv_none/turns');
  expect(missing).toMatchObject({ status: 404, body: { code: 'conversation_not_found' } });
  const wrong = await api.get(`/v1/conversations/${key.id}/turns?limit=0`);
  expect(wrong).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
});
