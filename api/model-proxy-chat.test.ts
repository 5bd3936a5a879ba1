/** What is specific to Chat Completions through the proxy. */
import OpenAI from 'openai';
import { expect, test } from 'vitest';
import { useBehindProxy } from '../test/kit/behind-proxy.ts';
import { DIALECTS } from '../test/kit/dialects.ts';
import { functionCall } from '../test/kit/played-api.ts';

const dialect = DIALECTS.find(({ name }) => name === 'Chat Completions')!;
const { user, tool, output } = dialect;
const here = useBehindProxy(dialect);
const echo = functionCall('echo', { words: 'hi' });
const frames = (...chunks: object[]) =>
  `${chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join('')}data: [DONE]\n\n`;
const choice = (delta: object, finish_reason: string | null = null) => ({
  id: 'c',
  choices: [{ index: 0, delta, finish_reason }],
});

test('several answers are one stream: one id, one role, one end, paragraphs between them', async () => {
  const body = { model: 'm', stream: true, messages: [user('Say it.')] };
  const asking = here.post(body, { 'meanwhile-thread': 't' });
  (await here.asked()).says('On my way.', echo);
  (await here.asked()).says('It takes a while.');
  const text = await (await asking).text();
  expect(text.match(/\[DONE\]/g)).toHaveLength(1);
  const { events, lines } = dialect.read(text);
  expect(lines).toEqual(['model On my way.\n\nIt takes a while.']);
  expect(new Set(events.map(({ id, created }) => `${id} ${created}`))).toEqual(
    new Set(['chatcmpl-1 1']),
  );
  const choices = events.map(({ choices: [each] }) => each);
  expect(choices.filter(({ delta }) => delta.role)).toHaveLength(1);
  expect(choices.filter(({ finish_reason }) => finish_reason)).toEqual([choices.at(-1)]);
  expect(choices.at(-1)).toMatchObject({ delta: {}, finish_reason: 'stop' });
});

test('usage is added up if the harness wants it, and not sent if it does not', async () => {
  const { events } = await here.start();
  expect(events.some(({ usage }) => usage)).toBe(false);
  const asking = here.ask([user('Say it.')], { stream_options: { include_usage: true } });
  (await here.asked()).says(echo);
  (await here.asked()).says('Started.');
  const counted = (await asking).events.filter(({ usage }) => usage);
  expect(counted).toMatchObject([{ choices: [], usage: { total_tokens: 24 } }]);
});

test('the harness’s calls are numbered from 0, whatever the model called before them', async () => {
  const asking = here.ask([user('Look.')], { tools: [tool('shell'), tool('edit')] });
  (await here.asked()).says(echo, functionCall('shell', {}, 'c2'), functionCall('edit', {}, 'c3'));
  const { lines, events } = await asking;
  expect(lines).toEqual(['call shell c2 {}', 'call edit c3 {}']);
  expect(events.at(-1).choices[0].finish_reason).toBe('tool_calls');
});

test('a model that calls the proxy’s tool first still begins its message with a role', async () => {
  const asking = here.ask([user('Say it.')]);
  const called = { index: 0, id: 'c1', function: { name: 'echo', arguments: '{"words":"hi"}' } };
  (await here.asked()).sends(
    frames(choice({ role: 'assistant', content: null, tool_calls: [called] }), choice({}, 'stop')),
  );
  (await here.asked()).says('Started.');
  expect((await asking).events[0].choices[0].delta).toMatchObject({ role: 'assistant' });
});

test('the model gets back what its server attached to its message and calls', async () => {
  const asking = here.ask([user('Say it.')]);
  const signature = { google: { thought_signature: 's' } };
  const called = { index: 0, id: 'c1', type: 'function', extra_content: signature };
  (await here.asked()).sends(
    frames(
      choice({ role: 'assistant', reasoning_content: 'They want ' }),
      choice({ reasoning_content: 'an echo.' }),
      choice({ content: 'On my way.' }),
      choice({ tool_calls: [{ ...called, function: { name: 'ec', arguments: '' } }] }),
      choice({ tool_calls: [{ index: 0, function: { name: 'ho', arguments: '{"words":' } }] }),
      choice({ tool_calls: [{ index: 0, function: { arguments: '"hi"}' } }] }),
      choice({}, 'tool_calls'),
    ),
  );
  const again = await here.asked();
  const id = await here.callId();
  expect(again.body.messages).toEqual([
    user('Say it.'),
    {
      role: 'assistant',
      content: 'On my way.',
      reasoning_content: 'They want an echo.',
      tool_calls: [
        {
          id,
          type: 'function',
          extra_content: signature,
          function: { name: 'echo', arguments: '{"words":"hi"}' },
        },
      ],
    },
    { role: 'tool', tool_call_id: id, content: expect.stringContaining('Suspended as') },
  ]);
  again.says('Started.');
  const { events } = await asking;
  expect(events.map(({ choices: [each] }) => each.delta.reasoning_content ?? '').join('')).toBe(
    'They want an echo.',
  );
  expect(JSON.stringify(events)).not.toContain('tool_calls');
});

test('a harness that does not stream gets one message, with the other fields of the server', async () => {
  const asking = here.post(
    { model: 'm', messages: [user('Say it.')], tools: [tool('shell')] },
    { 'meanwhile-thread': 'another' },
  );
  const first = await here.asked();
  expect(first.body.stream).toBeUndefined();
  first.says('On my way.', echo);
  (await here.asked()).says(functionCall('shell', {}, 'c2'));
  const response = await asking;
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({
    id: 'chatcmpl-1',
    created: 1,
    model: 'm',
    object: 'chat.completion',
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: 'On my way.',
          refusal: null,
          annotations: [],
          tool_calls: [
            { id: 'c2', type: 'function', function: { name: 'shell', arguments: '{}' } },
          ],
        },
        logprobs: null,
        finish_reason: 'tool_calls',
      },
    ],
    usage: { prompt_tokens: 20, completion_tokens: 4, total_tokens: 24 },
  });
});

test('a call that was cut off is not run, and the harness sees that the answer was', async () => {
  const asking = here.ask([user('Say it.')]);
  const called = { index: 0, id: 'c1', function: { name: 'echo', arguments: '{"words":"h' } };
  (await here.asked()).sends(frames(choice({ tool_calls: [called] }), choice({}, 'length')));
  const { events } = await asking;
  expect(events.at(-1).choices[0].finish_reason).toBe('length');
  expect((await here.api.store.list('default', { limit: 1 })).conversations).toEqual([]);
});

test('a refusal in the middle of an answer is an error for the openai client', async () => {
  const client = new OpenAI({ baseURL: `${here.url}/openai/v1`, apiKey: 'any', maxRetries: 0 });
  const stream = client.chat.completions.stream({
    model: 'm',
    messages: [{ role: 'user', content: 'Say it.' }],
    prompt_cache_key: 'thread',
  });
  const failed = stream.done().catch((error: unknown) => error);
  (await here.asked()).says('On my way.', echo);
  (await here.asked()).refuses(500, { error: { message: 'Overloaded.', code: 'busy' } });
  const error = await failed;
  expect(error).toBeInstanceOf(OpenAI.APIError);
  expect(error).toMatchObject({ code: 'busy', message: expect.stringContaining('Overloaded.') });
});

test.each([
  ['n', 2],
  ['functions', [{ name: 'look' }]],
])('%s is refused', async (field, value) => {
  const thread = { prompt_cache_key: 't', messages: [user('Hi.')] };
  const response = await here.post({ ...thread, [field]: value });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({
    error: { type: 'invalid_request_error', message: expect.stringContaining(field) },
  });
});

test('a call stands after the outputs of the harness’s own calls, and after a user’s message', async () => {
  const calls = [
    { id: 'c1', type: 'function', function: { name: 'shell', arguments: '{}' } },
    { id: 'c2', type: 'function', function: { name: 'shell', arguments: '{}' } },
  ];
  const begin = [
    { role: 'system', content: 'Be brief.' },
    user('Look.'),
    { role: 'assistant', content: 'I look.', tool_calls: calls },
    output('c1', 'one'),
    output('c2', 'two'),
  ];
  const { thread } = await here.start(begin);
  // The harness forgets the output that the call came after.
  const asking = here.ask([...begin.slice(0, 3), output('c1', '[cleared]'), ...thread.slice(5)]);
  const asked = await here.asked();
  expect(asked.lines.map((line) => line.replace(/^((?:call|output) \w+).*$/s, '$1'))).toEqual([
    'system Be brief.',
    'user Look.',
    'model I look.',
    'call shell',
    'call shell',
    'output c1',
    'call echo',
    expect.stringMatching(/^output call_/),
    'model Started.',
  ]);
  asked.says('Yes.');
  await asking;

  // No item of the call is left.
  const lost = here.ask([begin[0]!, user('A summary.'), user('And?')]);
  const other = await here.asked();
  expect(other.lines.map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
    'system Be',
    'user A',
    'call next_event',
    'output news_earlier',
    'user And?',
  ]);
  other.says('Yes.');
  await lost;
});
