/** The model sees nothing of a managed call that is held back, and all of it once it is complete. */
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { begins, completes, log, open, progress, read, says } from '../test/kit/log-lines.ts';
import { awaitsByTool } from '../tools/awaits.ts';
import { defineTool, type Tool } from '../tools/define.ts';
import { developerPrompt } from './developer-prompt.ts';
import { profiles } from './profiles.ts';
import { declareTools } from './tools-schema.ts';

const asks = { kind: 'call.requested', call_id: 'call_a', tool: 'survey', input: {}, cause: [3] };
const surveying = (results?: number) => [
  says('survey them'),
  begins('reply_1'),
  completes('reply_1', 'Asking.'),
  { ...asks, awaits: 'managed', ...(results && { results }) },
  { kind: 'call.started', call_id: 'call_a' },
  begins('reply_2'),
  completes('reply_2', ''),
];
const gives = (n: number) => ({
  kind: 'call.event',
  call_id: 'call_a',
  n,
  event: 'result',
  data: `offer ${n}`,
  schedule: 'when_idle',
});
const ends = { kind: 'call.completed', call_id: 'call_a', result: 'offer 9' };
const suspended = { ...open, tool: 'survey', suspended: { results: 1, of: 2 } };

/** The events about calls that the model is sent in the role of the user, without the moment. */
const events = (entries: Parameters<typeof read>[0], request = {}) =>
  read(entries, request)
    .messages.filter(({ role, text }) => role === 'user' && text.startsWith('<event>'))
    .map(({ text }) => JSON.parse(text.slice('<event>'.length, -'</event>'.length)));
const nowOf = (messages: { text: string }[]) =>
  JSON.parse(/^<now>(.*)<\/now>$/.exec(messages.at(-1)!.text)![1]!);

describe('while a flow is suspended, the model', () => {
  const entries = log(...surveying(2), progress('call_a', 1, 40), gives(2), says('How far?'));

  test('sees no result and no progress as an event', () => {
    expect(events(entries, { calls: [suspended] })).toEqual([]);
    expect(JSON.stringify(read(entries, { calls: [suspended] }))).not.toContain('offer 2');
  });

  test('has one valid answer to its call, which says how the results will come', () => {
    const { messages } = read(entries, { calls: [suspended] });
    expect(messages.filter(({ role }) => role === 'tool')).toEqual([
      {
        role: 'tool',
        call_id: 'call_a',
        text: '{"status":"running","note":"Its results will follow all at once, when they are in."}',
      },
    ]);
  });

  test('sees in the active state how many results are in, and the progress', () => {
    const { messages } = read(entries, { calls: [suspended] });
    expect(nowOf(messages)).toMatchObject({
      news: [],
      calls: [{ call_id: 'call_a', suspended: '1 of 2 results in', percent: 40 }],
    });
  });

  test.each([
    [{ results: 0, of: 1 }, '0 of 1 result in'],
    [{ results: 1 }, '1 result in'],
    [{ results: 7 }, '7 results in'],
  ])('reads %j as "%s"', (flow, words) => {
    const { messages } = read(entries, { calls: [{ ...suspended, suspended: flow }] });
    expect(nowOf(messages).calls[0].suspended).toBe(words);
  });

  test('sees no result even if the request is out of range', () => {
    const later = entries.slice(7);
    expect(events(later, { from: 8, calls: [suspended] })).toEqual([]);
  });
});

describe('when a flow resumes, the model sees', () => {
  test('all results at the place of the last one, after the messages in between', () => {
    const { messages } = read(
      log(
        ...surveying(2),
        gives(1),
        says('How far?'),
        begins('reply_3'),
        completes('reply_3', 'One of two.'),
        gives(2),
      ),
    );
    expect(messages.slice(3).map(({ text }) => text)).toEqual([
      'How far?',
      'One of two.',
      '<event>{"call_id":"call_a","tool":"survey","n":1,"data":"offer 1"}</event>',
      '<event>{"call_id":"call_a","tool":"survey","n":2,"data":"offer 2"}</event>',
    ]);
  });

  test('the results before its end and the end, when any number may come', () => {
    expect(events(log(...surveying(), gives(1), gives(2), ends))).toMatchObject([
      { n: 1 },
      { n: 2 },
      { status: 'completed', result: 'offer 9' },
    ]);
  });

  test('only the end when the results have been told', () => {
    const told = events(log(...surveying(1), gives(1), says('Thanks.'), ends));
    expect(told).toMatchObject([{ n: 1 }, { status: 'completed' }]);
  });

  test('the results that came before a failure or a cancel', () => {
    const error = { type: 'Broken', message: 'It broke.' };
    for (const end of [
      { kind: 'call.failed', call_id: 'call_a', error },
      { kind: 'call.cancelled', call_id: 'call_a', by: 'user' },
    ]) {
      const told = events(log(...surveying(2), gives(1), end));
      expect(told).toMatchObject([{ n: 1 }, { status: end.kind.slice('call.'.length) }]);
    }
  });

  test('no progress, since the results supersede it', () => {
    expect(events(log(...surveying(1), progress('call_a', 1, 40), gives(2)))).toMatchObject([
      { n: 2 },
    ]);
  });

  test('one item of news with all results', () => {
    const { messages } = read(log(...surveying(2), gives(1), gives(2)), {
      because: 'news',
      news: [8, 9],
      calls: [{ ...open, tool: 'survey' }],
    });
    expect(nowOf(messages)).toMatchObject({
      news: [{ call_id: 'call_a', results: [{ data: 'offer 1' }, { data: 'offer 2' }] }],
      calls: [{ call_id: 'call_a', status: 'running' }],
    });
    expect(nowOf(messages).calls[0]).not.toHaveProperty('suspended');
  });
});

const tool = (name: string, more: Partial<Tool>) =>
  ({
    ...defineTool({ name, description: 'Looks.', input: z.object({}), run: async () => 1 }),
    ...more,
  }) as Tool;
const two = { min: 2, max: 2 };

describe('the prompt says who waits for results:', () => {
  const agent = { name: 'a', instructions: 'Help.' };
  const said = (tools: Tool[], awaits?: 'managed') => {
    const awaiting = awaitsByTool({ awaits }, tools);
    return {
      prompt: developerPrompt(agent, profiles.compatible, awaiting.all),
      descriptions: declareTools(tools, awaiting).map(({ description }) => description),
    };
  };

  test('an agent with only managed tools is not told to suspend anything itself', () => {
    const { prompt, descriptions } = said([tool('a', { results: two }), tool('b', {})], 'managed');
    expect(prompt).not.toContain('You must suspend');
    expect(prompt).toContain('The service waits for the results of a tool call');
    expect(descriptions.slice(0, 2)).toEqual([
      'Looks. Managed: returns 2 results.',
      'Looks. Managed: returns 1 result.',
    ]);
  });

  test('the description of each tool says which it is when they differ', () => {
    const { prompt, descriptions } = said([
      tool('a', { results: two }),
      tool('b', { results: { min: 1, max: 'many' }, awaits: 'managed' }),
    ]);
    expect(prompt).toContain('says "You wait:", you must suspend its tool flow');
    expect(descriptions.slice(0, 2)).toEqual([
      'Looks. You wait: returns 2 results.',
      'Looks. Managed: returns between 1 and many results.',
    ]);
  });

  test('the same tool reads differently for another agent', () => {
    const tools = [tool('a', { results: two })];
    expect(said(tools, 'managed').descriptions[0]).toBe('Looks. Managed: returns 2 results.');
    expect(said(tools).descriptions[0]).toBe(
      'Looks. Returns 2 asynchronous results; wait for both.',
    );
  });

  test('a managed tool takes no report, since none of its progress is told', () => {
    const declared = (awaits: 'prompt' | 'managed') =>
      declareTools([tool('a', { progress: true, awaits })], awaitsByTool({ awaits }, []))[0]!;
    expect(declared('prompt').parameters.properties).toHaveProperty('report');
    expect(declared('managed').parameters.properties).not.toHaveProperty('report');
  });

  test('the longest description of a tool stays within what providers accept', () => {
    const longest = { approval: true, duplicates: 'reject' } as const;
    const more = { ...longest, results: { min: 1, max: 'many' as const } };
    const tools = (['prompt', 'managed'] as const).map((awaits) =>
      tool('a', { ...more, awaits, description: 'x'.repeat(900) }),
    );
    for (const description of said(tools).descriptions)
      expect(description.length).toBeLessThan(1_024);
  });
});
