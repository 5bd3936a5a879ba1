/** What is specific to the Responses API through the proxy. */
import { expect, test } from 'vitest';
import type { ThreadItem } from '../harness/model-proxy/responses/item.ts';
import { useBehindProxy } from '../test/kit/behind-proxy.ts';
import { DIALECTS, toolsOf } from '../test/kit/dialects.ts';
import { functionCall } from '../test/kit/played-api.ts';

const dialect = DIALECTS.find(({ name }) => name === 'Responses')!;
const { user } = dialect;
const here = useBehindProxy(dialect);
const echo = functionCall('echo', { words: 'hi' });

test('several answers are one stream: events are numbered through, and usage is added up', async () => {
  const { events, items } = await here.start();
  expect(events.map(({ sequence_number }) => sequence_number)).toEqual(events.map((_, nth) => nth));
  expect(events.filter(({ type }) => type === 'response.created')).toHaveLength(1);
  expect(events.at(-1)).toMatchObject({
    type: 'response.completed',
    response: { id: 'resp_1', output: items, usage: { total_tokens: 24 } },
  });
});

test('a request of Codex for a compaction makes no calls and is told no news', async () => {
  const { thread } = await here.start();
  const id = await here.callId();
  await here.play((story) => story.ends(id));
  const metadata = '{"thread_id":"thread","request_kind":"compaction"}';
  const asking = here.ask([...thread, user('Sum it up.')], {
    client_metadata: { 'x-codex-turn-metadata': metadata },
  });
  const asked = await here.asked();
  expect(toolsOf(asked)).toEqual([]);
  expect(asked.lines.join('\n')).not.toContain('its last');
  asked.says('A summary.');
  await asking;
});

test('a harness that does not stream gets one response', async () => {
  const body = { model: 'm', input: 'Say it.' };
  const asking = here.post(body, { 'meanwhile-thread': 'another' });
  const asked = await here.asked();
  expect(asked.body.input).toEqual([user('Say it.')]);
  asked.says(echo);
  (await here.asked()).says('Started.');
  const response = (await (await asking).json()) as { status: string; output: ThreadItem[] };
  expect(response.status).toBe('completed');
  expect(dialect.lines(response.output)).toEqual(['model Started.']);
});

test('a refusal in the middle of an answer makes the response fail', async () => {
  const asking = here.ask([user('Say it.')]);
  (await here.asked()).says(echo);
  (await here.asked()).refuses(500, { error: { message: 'Overloaded.', code: 'busy' } });
  expect((await asking).events.at(-1)).toMatchObject({
    type: 'response.failed',
    response: { error: { code: 'busy', message: 'Overloaded.' } },
  });
  expect(await here.entries('call.started')).toHaveLength(1);
});

test.each(['previous_response_id', 'conversation', 'background'])(
  '%s is refused: the proxy could not add to a thread that it does not see',
  async (field) => {
    const response = await here.post({ input: 'Hi.', prompt_cache_key: 't', [field]: 'resp_1' });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { type: 'invalid_request_error', message: expect.stringContaining(field) },
    });
  },
);
