/** A harness whose base URL is the service: it has a thread of its own, and a model that the test plays. */
import { createParser } from 'eventsource-parser';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { EntryKind } from '../contract/entry.ts';
import { createTestApi, type TestApi } from '../test/kit/api.ts';
import { createMemoryStore } from '../test/kit/memory-store.ts';
import { PlayedGateway } from '../test/kit/played-gateway.ts';
import {
  functionCall,
  type PlayedResponses,
  startPlayedResponses,
} from '../test/kit/played-responses.ts';
import { LIMITS, type Story } from '../test/kit/story.ts';
import type { ThreadItem } from '../harness/model-proxy/item.ts';
import type { StreamEvent } from '../harness/model-proxy/merge.ts';
import { pokeText } from '../harness/model-proxy/words.ts';
import { createLocalBus } from '../stream/bus.ts';

let model: PlayedResponses;
let api: TestApi;
let played: PlayedGateway;
let url: string;
beforeEach(async () => {
  model = await startPlayedResponses();
  const [store, bus] = [createMemoryStore(), createLocalBus()];
  played = new PlayedGateway(store, bus);
  await open(store, bus);
});
afterEach(async () => {
  await api.app.close();
  await model.close();
});

async function open(store = api.store, bus = api.bus): Promise<void> {
  api = await createTestApi({
    store,
    bus,
    gateway: played,
    limits: { ...LIMITS, grace_ms: 50 },
    upstream: { baseURL: model.url, apiKey: 'of the service' },
  });
  url = await api.listen();
}

const user = (content: string): ThreadItem => ({ type: 'message', role: 'user', content });
const text = (item: unknown) => {
  const { content } = item as ThreadItem;
  return (content as { text: string }[] | undefined)?.[0]?.text ?? content;
};

/** Sends what a harness sends, and gives all that it is sent. */
async function ask(input: unknown, more: object = {}, headers: Record<string, string> = {}) {
  const response = await fetch(`${url}/openai/v1/responses`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'user-agent': 'harness/1', ...headers },
    body: JSON.stringify({ model: 'm', stream: true, prompt_cache_key: 'thread', input, ...more }),
  });
  const events: StreamEvent[] = [];
  const parser = createParser({ onEvent: ({ data }) => void events.push(JSON.parse(data)) });
  parser.feed(await response.text());
  const output = events.flatMap(({ type, item }) =>
    type === 'response.output_item.done' ? item! : [],
  );
  return { status: response.status, events, output };
}

const play = (act: (story: Story) => void) => played.play(act);
const callIn = async () => {
  const { conversations } = await api.store.list('default', { limit: 10 });
  return { conversation: conversations[0]!.id, call_id: conversations[0]!.calls.at(-1)!.id };
};
async function entries(...kinds: EntryKind[]): Promise<any[]> {
  const { conversation } = await callIn();
  const key = { tenant: 'default', id: conversation };
  return (await api.store.entries(key, { after: 0, limit: 100, kinds }))!.entries;
}

/** The harness asks, the model calls the tool, is told that it is suspended, and says "Started.". */
async function start(input: ThreadItem[] = [user('Say it.')]) {
  const answering = ask(input);
  (await model.asked()).says(functionCall('echo', { words: 'hi' }));
  const again = await model.asked();
  again.says('Started.');
  const { output, ...answer } = await answering;
  return { again, thread: [...input, ...output], output, ...answer };
}

describe('a harness whose model is behind the proxy', () => {
  test('sees the words only: the call, its answer and what the model is asked again are not its affair', async () => {
    const { again, output, events } = await start();
    expect(output.map(text)).toEqual(['Started.']);
    expect(events.map(({ sequence_number }) => sequence_number)).toEqual(
      events.map((_, nth) => nth),
    );
    expect(events.filter(({ type }) => type === 'response.created')).toHaveLength(1);
    expect(events.at(-1)).toMatchObject({
      type: 'response.completed',
      response: { id: 'resp_1', output, usage: { total_tokens: 24 } },
    });
    const { call_id } = await callIn();
    expect(again.body.input).toMatchObject([
      { content: 'Say it.' },
      { type: 'function_call', call_id, name: 'echo', arguments: '{"words":"hi"}' },
      {
        type: 'function_call_output',
        call_id,
        output: expect.stringContaining(`Suspended as ${call_id}`),
      },
    ]);
  });

  test('keeps its own tools and calls, and its model has those of the service besides', async () => {
    const answering = ask([user('List it.')], { tools: [{ type: 'function', name: 'shell' }] });
    const asked = await model.asked();
    expect(asked.body.tools?.map(({ name }) => name)).toEqual([
      'shell',
      'echo',
      'cancel_call',
      'next_event',
    ]);
    asked.says('I look.', functionCall('echo', { words: 'hi' }), functionCall('shell', {}, 'c2'));
    const { output } = await answering;
    expect(output).toMatchObject([{ type: 'message' }, { name: 'shell', call_id: 'c2' }]);

    const outcome = { type: 'function_call_output', call_id: 'c2', output: 'a file' };
    const next = ask([user('List it.'), ...output, outcome]);
    const { call_id } = await callIn();
    const second = await model.asked();
    expect(second.body.input.map(({ type, name, call_id: id }) => name ?? id ?? type)).toEqual([
      'message',
      'message',
      'echo',
      call_id,
      'shell',
      'c2',
    ]);
    second.says('A file.');
    await next;
  });

  test('may have a tool of the same name: that of the service has another', async () => {
    const tools = [{ type: 'function', name: 'echo' }];
    const answering = ask([user('Say it.')], { tools });
    const first = await model.asked();
    expect(first.body.tools?.map(({ name }) => name)).toContain('meanwhile__echo');
    first.says(functionCall('meanwhile__echo', { words: 'hi' }), functionCall('echo', {}, 'c2'));
    const { output } = await answering;
    expect(output).toMatchObject([{ name: 'echo', call_id: 'c2' }]);
    expect(await entries('call.requested')).toMatchObject([{ tool: 'echo' }]);
  });

  test('gets a result within the grace time as that of the call, in the same answer', async () => {
    const answering = ask([user('Say it.')]);
    const first = await model.asked();
    first.says(functionCall('cancel_call', { call_id: 'call_none' }));
    const second = await model.asked();
    expect(second.body.input.at(-1)).toMatchObject({
      output: expect.stringContaining('There is no open call call_none'),
    });
    second.says('There is none.');
    const { output } = await answering;

    const next = ask([user('Say it.'), ...output, user('And?')]);
    const third = await model.asked();
    expect(third.body.input.slice(0, 3)).toEqual(second.body.input.slice(0, 3));
    expect(third.body.input).toHaveLength(5);
    third.says('Nothing.');
    await next;
  });

  test('is told at its next turn what came after the last, once, and acknowledges it by going on', async () => {
    const { thread } = await start();
    const { call_id } = await callIn();
    await play((story) => story.ends(call_id));

    const asking = ask([...thread, user('And?')]);
    const told = await model.asked();
    expect(told.body.input.at(-1)).toMatchObject({
      type: 'function_call_output',
      output: expect.stringMatching(new RegExp(`^\\[result \\d+\\] echo ${call_id}, its last: `)),
    });
    told.says('It is done.');
    const { output } = await asking;
    expect((await entries('receipt')).map(({ fate }) => fate)).toEqual(['delivered']);

    const later = ask([...thread, user('And?'), ...output, user('Thanks.')]);
    const after = await model.asked();
    expect(after.body.input.slice(0, told.body.input.length)).toEqual(told.body.input);
    expect(after.body.input.slice(told.body.input.length).map(text)).toEqual([
      'It is done.',
      'Thanks.',
    ]);
    after.says('You are welcome.');
    await later;
    await vi.waitFor(async () =>
      expect((await entries('receipt')).map(({ fate }) => fate)).toEqual([
        'delivered',
        'acknowledged',
      ]),
    );
  });

  test('is told of news again where the answer to it was cut off', async () => {
    const { thread } = await start();
    const { call_id } = await callIn();
    await play((story) => story.ends(call_id));
    const asking = ask([...thread, user('And?')]).catch(() => 'broken');
    (await model.asked()).breaksOff('It is');
    expect(await asking).toBe('broken');

    const again = ask([...thread, user('And?')]);
    const told = await model.asked();
    expect(told.body.input.at(-1)).toMatchObject({ output: expect.stringContaining('its last') });
    told.says('It is done.');
    await again;
  });

  test('that asks again after a broken answer gets the call that runs, not a second one', async () => {
    const asking = ask([user('Say it.')]).catch(() => 'broken');
    (await model.asked()).says(functionCall('echo', { words: 'hi' }));
    (await model.asked()).breaksOff('Sta');
    expect(await asking).toBe('broken');

    const again = ask([user('Say it.')]);
    const asked = await model.asked();
    expect(asked.body.input.at(-1)).toMatchObject({
      output: expect.stringContaining('Suspended as'),
    });
    asked.says('Started.');
    await again;
    expect(await entries('call.requested')).toHaveLength(1);
  });

  test('finds its calls after the service was started again', async () => {
    const { thread } = await start();
    await api.app.close();
    await open();
    const asking = ask([...thread, user('And?')]);
    const asked = await model.asked();
    expect(asked.body.input.map(({ type, name }) => name ?? type)).toEqual([
      'message',
      'echo',
      'function_call_output',
      'message',
      'message',
    ]);
    asked.says('It runs.');
    await asking;
  });

  test('that compacts its thread keeps what hangs on the items that are left, and hears of the rest in short', async () => {
    const { thread } = await start();
    const { call_id } = await callIn();
    const kept = ask([thread[0], user('A summary.'), user('And?')]);
    const first = await model.asked();
    expect(first.body.input.map(({ type, name }) => name ?? type).slice(0, 3)).toEqual([
      'message',
      'echo',
      'function_call_output',
    ]);
    first.says('It runs.');
    await kept;

    const lost = ask([user('A summary.'), user('And now?')]);
    const second = await model.asked();
    expect(second.body.input[1]).toMatchObject({
      output: expect.stringContaining(`echo ${call_id} {"words":"hi"}: under way`),
    });
    expect(second.body.input.slice(2).map(text)).toEqual(['A summary.', 'And now?']);
    second.says('It runs.');
    await lost;
  });

  test('is told again of news whose place it has lost before it had an answer', async () => {
    const { thread } = await start();
    const { call_id } = await callIn();
    await play((story) => story.ends(call_id));
    const asking = ask([...thread, user('Give a title.')]);
    (await model.asked()).says('A title');
    await asking;

    const next = ask([...thread, user('And?')]);
    const told = await model.asked();
    expect(told.body.input.at(-1)).toMatchObject({ output: expect.stringContaining('its last') });
    told.says('It is done.');
    await next;
  });

  test('that was woken has the news in place of the words that woke it', async () => {
    const { thread } = await start();
    const { call_id } = await callIn();
    await play((story) => story.ends(call_id));
    const asking = ask([...thread, user(pokeText(7))]);
    const asked = await model.asked();
    expect(asked.body.input.map(({ type, name }) => name ?? type).slice(-3)).toEqual([
      'message',
      'next_event',
      'function_call_output',
    ]);
    expect(JSON.stringify(asked.body.input)).not.toContain('[meanwhile]');
    asked.says('It is done.');
    const { output } = await asking;

    const idle = ask([...thread, user(pokeText(7)), ...output, user(pokeText(8))]);
    const nothing = await model.asked();
    expect(nothing.body.input.at(-1)).toMatchObject({
      output: expect.stringContaining('Nothing new'),
    });
    nothing.says('');
    await idle;
  });

  test('makes no calls and hears nothing new in a request besides its turns', async () => {
    const { thread } = await start();
    const { call_id } = await callIn();
    await play((story) => story.ends(call_id));
    const asking = ask([...thread, user('Sum it up.')], {
      client_metadata: {
        'x-codex-turn-metadata': '{"thread_id":"thread","request_kind":"compaction"}',
      },
    });
    const asked = await model.asked();
    expect(asked.body.tools).toBeUndefined();
    expect(JSON.stringify(asked.body.input)).toContain('Suspended as');
    expect(JSON.stringify(asked.body.input)).not.toContain('its last');
    asked.says('A summary.');
    await asking;
  });

  test('that does not name its thread gets what its model says, and nothing else', async () => {
    const asking = ask([user('Hi.')], { prompt_cache_key: undefined });
    const asked = await model.asked();
    expect(asked.body.tools).toBeUndefined();
    asked.says('Hello.');
    expect((await asking).output.map(text)).toEqual(['Hello.']);
  });

  test('that does not stream gets one response', async () => {
    const asking = fetch(`${url}/openai/v1/responses`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'meanwhile-thread': 'another' },
      body: JSON.stringify({ model: 'm', input: 'Say it.' }),
    });
    const asked = await model.asked();
    expect(asked.body.input).toEqual([user('Say it.')]);
    asked.says(functionCall('echo', { words: 'hi' }));
    (await model.asked()).says('Started.');
    const response = (await (await asking).json()) as { status: string; output: ThreadItem[] };
    expect(response.status).toBe('completed');
    expect(response.output.map(text)).toEqual(['Started.']);
  });
});

describe('the model server', () => {
  test('gets the key of the service, and nothing of the caller’s', async () => {
    const asking = ask(
      [user('Hi.')],
      {},
      { authorization: 'Bearer of-the-caller', 'x-api-key': 'of-the-caller', cookie: 'a=b' },
    );
    const asked = await model.asked();
    expect(asked.path).toBe('/v1/responses');
    expect(asked.headers.authorization).toBe('Bearer of the service');
    expect(JSON.stringify(asked.headers)).not.toMatch(/of-the-caller|cookie/);
    asked.says('Hello.');
    await asking;
  });

  test('that refuses is heard by the harness as it is', async () => {
    const asking = fetch(`${url}/openai/v1/responses`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'm', stream: true, prompt_cache_key: 't', input: 'Hi.' }),
    });
    const problem = { error: { message: 'Too many.', type: 'rate_limit', code: 'slow_down' } };
    (await model.asked()).refuses(429, problem, { 'retry-after': '7' });
    const response = await asking;
    expect(response.status).toBe(429);
    expect(response.headers.get('retry-after')).toBe('7');
    expect(await response.json()).toEqual(problem);
  });

  test('that refuses in the middle of an answer makes it fail, in the form of the API', async () => {
    const asking = ask([user('Say it.')]);
    (await model.asked()).says(functionCall('echo', { words: 'hi' }));
    (await model.asked()).refuses(500, { error: { message: 'Overloaded.', code: 'busy' } });
    expect((await asking).events.at(-1)).toMatchObject({
      type: 'response.failed',
      response: { error: { code: 'busy', message: 'Overloaded.' } },
    });
    expect(await entries('call.started')).toHaveLength(1);
  });

  test('that is away is an error in the form of the API', async () => {
    await model.close();
    const response = await fetch(`${url}/openai/v1/responses`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ input: 'Hi.', prompt_cache_key: 't' }),
    });
    expect(response.status).toBe(502);
    expect(await response.json()).toMatchObject({ error: { code: 'upstream_unavailable' } });
    model = await startPlayedResponses();
  });
});

test('arguments that do not fit are refused, and the model may try again', async () => {
  const asking = ask([user('Say it.')]);
  (await model.asked()).says(functionCall('echo', { word: 1 }));
  const again = await model.asked();
  expect(again.body.input.at(-1)).toMatchObject({
    output: expect.stringContaining('invalid_request: The arguments of echo do not fit.'),
  });
  again.says(functionCall('echo', { words: 'hi' }));
  (await model.asked()).says('Started.');
  expect((await asking).output.map(text)).toEqual(['Started.']);
});

test.each(['previous_response_id', 'conversation', 'background'])(
  '%s is refused: the proxy could not add to a thread that it does not see',
  async (field) => {
    const response = await fetch(`${url}/openai/v1/responses`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ input: 'Hi.', prompt_cache_key: 't', [field]: 'resp_1' }),
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { type: 'invalid_request_error', message: expect.stringContaining(field) },
    });
  },
);

test('a page of another site is refused', async () => {
  const headers = { origin: 'https://evil.example' };
  expect((await ask([user('Hi.')], {}, headers)).status).toBe(403);
});
