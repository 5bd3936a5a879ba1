/** The checks of requests to a model find each fault of a request. */
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { ProfileName } from '../../contract/profile.ts';
import { createModelClient } from '../../model/client.ts';
import { all, never, request } from '../kit/model-request.ts';
import { startStubModel } from '../kit/model-server.ts';
import { brokenRules } from './rules.ts';
import { requestChecker } from './schemas.ts';
import type { ChatRequest, ResponsesRequest } from './types.ts';

/** A request as it is sent over the wire, without types, because tests break it. */
async function sent(api: 'chat' | 'responses'): Promise<any> {
  const stub = await startStubModel(() => ({}));
  onTestFinished(() => stub.close());
  await all(createModelClient({ api, baseURL: stub.url }).stream(request, never));
  return stub.requests[0]!.body;
}

type Break = [string, (body: any) => void];

describe.each<['chat' | 'responses', Break[]]>([
  [
    'chat',
    [
      ['a misspelt field', (body) => (body.stream_option = {})],
      ['a misspelt field of a message', ({ messages }) => (messages[1].nmae = 'Ann')],
      ['a misspelt id', ({ messages: [, , , tool] }) => rename(tool, 'tool_call_id', 'call_id')],
      ['an unknown role', ({ messages }) => (messages[0].role = 'moderator')],
      ['instructions without text', ({ messages }) => (messages[0].content = null)],
      [
        'arguments that are not a string',
        ({ messages }) => (messages[2].tool_calls[0].function.arguments = {}),
      ],
      ['a call without its type', ({ messages }) => delete messages[2].tool_calls[0].type],
      ['a tool in the form of the other API', ({ tools }) => (tools[0] = { ...tools[0].function })],
      ['no messages', (body) => delete body.messages],
    ],
  ],
  [
    'responses',
    [
      ['a misspelt field', (body) => (body.instruction = 'Be brief.')],
      ['a misspelt id', ({ input }) => rename(input[2], 'call_id', 'callId')],
      ['an unknown type of item', ({ input }) => (input[2].type = 'tool_call')],
      [
        'an output that is not a string',
        ({ input }) => (input[4].output = { status: 'completed' }),
      ],
      ['a role of the other API', ({ input }) => (input[0].role = 'tool')],
      ['a misspelt role', ({ input }) => (input[0].role = 'users')],
      ['a tool in the form of the other API', ({ tools }) => (tools[0] = { function: tools[0] })],
      ['a string in place of a boolean', (body) => (body.store = 'no')],
    ],
  ],
])('a request of the %s API', (api, breaks) => {
  let check: (body: unknown) => string[];
  beforeAll(async () => {
    check = await requestChecker(api);
  });

  test('is accepted as the service sends it', async () => {
    expect(check(await sent(api))).toEqual([]);
  });

  test.each(breaks)('is refused with %s', async (_, spoil) => {
    const body = await sent(api);
    spoil(body);
    expect(check(body)).not.toEqual([]);
  });
});

test('a refusal names the field', async () => {
  const check = await requestChecker('chat');
  const body = await sent('chat');
  body.messages[1].nmae = 'Ann';
  expect(check(body)).toContain(
    '/messages/1 must NOT have additional properties {"additionalProperty":"nmae"}',
  );
});

const system = { role: 'system', content: 'Be brief.' };
const user = { role: 'user', content: 'Look.' };
const said = { role: 'assistant', content: 'Yes.' };
const calling = (...ids: string[]) => ({
  role: 'assistant',
  content: null,
  tool_calls: ids.map((id) => ({
    id,
    type: 'function',
    function: { name: 'look', arguments: '{}' },
  })),
});
const tool = (tool_call_id: string) => ({ role: 'tool', tool_call_id, content: '{}' });
const look = { type: 'function', function: { name: 'look', description: 'Looks.' } };

const chat = (messages: object[], tools: object[] = [look]) => ({
  api: 'chat' as const,
  body: { model: 'm', stream: true, messages, tools } as unknown as ChatRequest,
});
const [one, two] = ['abcdefgh1', 'abcdefgh2'];

describe('the rules that a type cannot express', () => {
  test.each(['compatible', 'alternating', 'tool_result'] as const)(
    'are kept by a plain conversation in the profile %s',
    (name) => {
      const messages = [system, user, calling(one, two), tool(one), tool(two), said, user];
      expect(brokenRules(chat(messages), name)).toEqual([]);
    },
  );

  test.each<[string, ProfileName, object[], string]>([
    [
      'a developer in place of the system',
      'openai',
      [system, user],
      'It does not begin with the developer.',
    ],
    ['no instructions', 'compatible', [user], 'It does not begin with the system.'],
    ['instructions in the middle', 'compatible', [system, user, system, user], 'in the middle'],
    [
      'a call without an answer',
      'compatible',
      [system, calling(one), user],
      'not answered directly',
    ],
    ['a call at the end', 'compatible', [system, user, calling(one)], 'not answered directly'],
    [
      'a late answer',
      'compatible',
      [system, calling(one), user, tool(one)],
      'without having been called',
    ],
    [
      'two answers',
      'compatible',
      [system, calling(one), tool(one), tool(one)],
      'without having been called',
    ],
    [
      'one id for two calls',
      'compatible',
      [system, calling(one), tool(one), calling(one), tool(one)],
      'Two calls have the same id.',
    ],
    [
      'a long id',
      'compatible',
      [system, calling('x'.repeat(41)), tool('x'.repeat(41))],
      'not a valid id',
    ],
    [
      'an id like ours',
      'alternating',
      [system, user, calling('call_a'), tool('call_a')],
      'not a valid id',
    ],
    ['an empty reply', 'compatible', [system, user, { ...said, content: '' }, user], 'is empty'],
    ['a reply at the end', 'compatible', [system, user, said], 'The last message'],
    ['an assistant first', 'tool_result', [system, said, user], 'The user does not begin.'],
    ['two users', 'tool_result', [system, user, user], 'Two neighbours have the role user.'],
    [
      'a reply, then a call',
      'tool_result',
      [system, user, said, calling(one), tool(one)],
      'Two neigh',
    ],
    [
      'a user after a tool',
      'alternating',
      [system, user, calling(one), tool(one), user],
      'follows a tool',
    ],
    [
      'an assistant that speaks twice in a row',
      'alternating',
      [system, user, said, calling(one), tool(one), said, user],
      'do not alternate',
    ],
  ])('are broken by %s', (_, name, messages, problem) => {
    expect(brokenRules(chat(messages), name).join('\n')).toContain(problem);
  });

  test.each<[string, object[], string]>([
    ['a tool that is not declared', [], 'look is called but not declared.'],
    ['a tool that is declared twice', [look, look], 'Two tools have the same name.'],
    [
      'a name with a space',
      [look, { ...look, function: { name: 'a b', description: 'A.' } }],
      'a b is not a valid name of a function.',
    ],
    [
      'a description that is too long',
      [{ ...look, function: { name: 'look', description: 'x'.repeat(1_025) } }],
      'The description of look is empty or too long.',
    ],
  ])('are broken by %s', (_, tools, problem) => {
    const messages = [system, user, calling(one), tool(one)];
    expect(brokenRules(chat(messages, tools), 'compatible')).toEqual([problem]);
  });

  test('are the same for the items of the Responses API', () => {
    const call = { type: 'function_call', call_id: one, name: 'look', arguments: '[]' };
    const input = [{ role: 'user', content: 'Look.' }, call, { role: 'user', content: 'And?' }];
    const tools = [{ type: 'function', name: 'look', description: 'Looks.', parameters: {} }];
    const body = { model: 'm', stream: true, instructions: 'Be brief.', input, tools };
    const request = { api: 'responses' as const, body: body as unknown as ResponsesRequest };
    expect(brokenRules(request, 'compatible')).toEqual([
      `${one} is not answered directly.`,
      `The arguments of ${one} are not an object.`,
    ]);
  });
});

describe('the rules of asynchronous calls', () => {
  const words = { role: 'user', content: 'Look.' };
  const made = (id: string, async = true) => ({
    type: 'function_call',
    call_id: id,
    name: 'look',
    arguments: '{}',
    ...(async && { async }),
  });
  const output = (call_id: string) => ({ type: 'function_call_output', call_id, output: '{}' });
  const broken = (
    input: object[],
    { async = true, profile = 'async_tools' }: { async?: boolean; profile?: ProfileName } = {},
  ) => {
    const tools = [
      {
        type: 'function',
        name: 'look',
        description: 'Looks.',
        parameters: {},
        ...(async && { async }),
      },
      { type: 'function', name: 'stop', description: 'Stops.', parameters: {} },
    ];
    const body = { model: 'm', stream: true, instructions: 'Be brief.', input, tools };
    return brokenRules({ api: 'responses', body: body as unknown as ResponsesRequest }, profile);
  };

  test.each([
    ['not yet', [words, made(one), words]],
    ['directly', [words, made(one), output(one)]],
    ['later', [words, made(one), made(two), words, output(two), words, output(one)]],
  ])('are kept by an answer that comes %s', (_, input) => {
    expect(broken(input)).toEqual([]);
  });

  test.each<[string, object[], Parameters<typeof broken>[1], string]>([
    [
      'two answers',
      [words, made(one), output(one), words, output(one)],
      {},
      'without having been called',
    ],
    [
      'an answer before its call',
      [words, output(one), made(one), words],
      {},
      'without having been called',
    ],
    ['a call without the mark', [words, made(one, false), output(one)], {}, 'or the reverse'],
    ['tools without the mark', [words], { async: false }, 'No tool is asynchronous.'],
    ['the mark in another profile', [words], { profile: 'openai' }, 'does not support it'],
  ])('are broken by %s', (_, input, given, problem) => {
    expect(broken(input, given).join('\n')).toContain(problem);
  });
});

function rename(of: Record<string, unknown>, from: string, to: string): void {
  of[to] = of[from];
  delete of[from];
}
