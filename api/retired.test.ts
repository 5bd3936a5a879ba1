import { beforeEach, expect, test } from 'vitest';
import type { ConversationKey } from '../contract/names.ts';
import { StoreUnavailable } from '../store/unavailable.ts';
import { createTestApi, type TestApi } from '../test/kit/api.ts';
import { batch, idle, messages } from '../test/store/samples.ts';

let api: TestApi;
let conversation: ConversationKey;
beforeEach(async () => {
  api = await createTestApi();
  conversation = await api.begin();
  const { store } = api;
  const { last_seq, revision } = (await store.conversation(conversation))!;
  const end = messages(last_seq + 1, 'bye');
  await store.record(batch(conversation, [9, 9], last_seq + 1, end, { ...idle, status: 'closed' }));
  const seen = { last_seq: last_seq + 1, revision };
  const at = '2030-01-02T03:04:05.678Z';
  expect(await store.retire(conversation, { seen, at, file: 'default/a.jsonl.gz' })).toBe(true);
});

test.each(['', '/entries', '/stream', '/turns', '/calls/call_1/results/end'])(
  'GET …%s of a conversation that has left the log is a 410 that says where it is',
  async (path) => {
    const answer = await api.get(`/v1/conversations/${conversation.id}${path}`);
    expect(answer).toMatchObject({
      status: 410,
      body: {
        code: 'conversation_retired',
        detail: `The conversation ${conversation.id} was archived as default/a.jsonl.gz on 2030-01-02.`,
      },
    });
  },
);

test('a message to it is refused the same way', async () => {
  api.gateway.running.clear();
  const path = `/v1/conversations/${conversation.id}/messages`;
  expect(await api.post(path, { text: 'Hello?' })).toMatchObject({ status: 410 });
});

test('a conversation that was never there is a 404', async () => {
  expect(await api.get('/v1/conversations/conv_none')).toMatchObject({ status: 404 });
});

test('while the store cannot say whether it was there, the answer is a 503', async () => {
  api.store.retired = () => Promise.reject(new StoreUnavailable('away', { mayBeDone: false }));
  expect(await api.get(`/v1/conversations/${conversation.id}`)).toMatchObject({ status: 503 });
});
