/** A reply from the log to the wire and back, in each profile. */
import { describe, expect, test } from 'vitest';
import { answer } from '../../cli/demo/rules.ts';
import { profiles } from '../../model/profiles.ts';
import { begins, completes, log, progress, says } from '../../test/kit/log-lines.ts';
import type { StubHandler } from '../../test/kit/model-server.ts';
import { play } from '../../test/kit/reply-play.ts';
import { brokenRules } from '../../test/requests/rules.ts';
import { requestChecker } from '../../test/requests/schemas.ts';
import { type RequestBody, turnsOf } from '../../test/requests/turns.ts';

const call_id = 'call_ne1sbarbhh';
const half = log(
  says('Look here.'),
  begins('reply_0'),
  completes('reply_0', 'Looking.'),
  { kind: 'call.requested', call_id, tool: 'look', input: { where: 'here' }, cause: [3] },
  { kind: 'call.started', call_id },
  progress(call_id, 1, 50),
  begins('reply_1'),
);
const whole = log(
  ...half.slice(0, 6),
  begins('reply_2'),
  completes('reply_2', 'look: 50 % done.'),
  { kind: 'call.completed', call_id, result: 'seen' },
  begins('reply_1'),
);
const open = [{ call_id, tool: 'look', status: 'running' as const }];

/** The demo model reads every profile and answers with what it has understood. */
const demo: StubHandler = ({ messages, tools }) => answer(messages, tools);

describe.each(['chat', 'responses'] as const)('over the %s API', (api) => {
  describe.each(Object.values(profiles))('in the profile $name', (profile) => {
    async function hears(entries: typeof half, news: number[], calls: typeof open) {
      const request = { because: 'news' as const, news, calls };
      const { result, stub } = await play({
        model: demo,
        api,
        profile: profile.name,
        entries,
        request,
      });
      const { text } = await result;
      const { body } = stub.requests[0]!;
      const check = await requestChecker(api);
      expect(check(body)).toEqual([]);
      expect(brokenRules({ api, body } as RequestBody, profile.name)).toEqual([]);
      return { text, turns: turnsOf({ api, body } as RequestBody), tools: stub.requests[0]!.tools };
    }

    test('the model is told of 50 % and of the end, and answers', async () => {
      expect((await hears(half, [6], open)).text).toBe('look: 50 % done.');
      expect((await hears(whole, [9], [])).text).toBe('look is done: seen.');
    });
  });

  test('tool_result declares next_event, and its news never has the role of the user', async () => {
    const request = { because: 'news' as const, news: [9], agent: 'told' };
    const { result, stub } = await play({ model: demo, api, entries: whole, request });
    await result;
    const { body, tools } = stub.requests[0]!;
    expect(tools).toEqual(['look', 'other', 'gather', 'pay', 'again', 'cancel_call', 'next_event']);
    const turns = turnsOf({ api, body } as RequestBody);
    expect(turns.filter(({ role }) => role === 'user').map(({ text }) => text)).toEqual([
      'Look here.',
    ]);
    expect(turns.slice(-2)).toEqual([
      {
        role: 'assistant',
        text: '',
        calls: [{ id: 'now_10', name: 'next_event', arguments: '{}' }],
      },
      {
        role: 'tool',
        text: expect.stringMatching(/^\{"now":\{"because":"news","news":\[\{.*"result":"seen"\}\]/),
        calls: [],
        answers: 'now_10',
      },
    ]);
  });

  test('a server that refuses async tools is still told of the end', async () => {
    const request = { because: 'news' as const, news: [9] };
    const { result, stub } = await play({
      model: (asked) =>
        JSON.stringify(asked.body).includes('"async":true')
          ? { status: 400, text: "Unknown parameter: 'tools[0].async'." }
          : demo(asked),
      api,
      profile: 'async_tools',
      entries: whole,
      request,
    });
    expect((await result).text).toBe('look is done: seen.');
    expect(stub.requests).toHaveLength(api === 'chat' ? 1 : 2);
    const { body } = stub.requests.at(-1)!;
    expect(brokenRules({ api, body } as RequestBody, 'openai')).toEqual([]);
  });

  test('a model that calls next_event itself is told not to, and nothing runs', async () => {
    const calls = [{ name: 'next_event', arguments: '{}' }];
    const { result } = await play({ model: () => ({ calls }), api, profile: 'tool_result' });
    expect((await result).calls).toMatchObject([
      { tool: 'next_event', problem: { type: 'NotForTheModel' } },
    ]);
  });
});
