/** A model with native asynchronous tools is sent no output while a call is open, and one when it is over. */
import { describe, expect, test } from 'vitest';
import {
  asks,
  begins,
  completes,
  installing,
  log,
  open,
  progress,
  read,
  says,
} from '../test/kit/log-lines.ts';
import { inProfile } from './async-tools.ts';
import type { ModelMessage } from './message.ts';
import { profiles } from './profiles.ts';
import { cancelTool } from './tools-schema.ts';

const seen = (entries: Parameters<typeof read>[0], request: Parameters<typeof read>[1] = {}) =>
  read(entries, request, {}, profiles.async_tools);

const call = (id: string) =>
  expect.objectContaining({ call_id: id, tool: 'run_installer', async: true });
const asking = (text: string, ...ids: string[]) => ({
  role: 'assistant',
  text,
  calls: ids.map(call),
});
const output = (call_id: string, facts: object) => ({
  role: 'tool',
  call_id,
  text: JSON.stringify(facts),
});
const user = (text: string) => ({ role: 'user', text });
const isNow = ({ text }: ModelMessage) => text.startsWith('<now>');
const past = (messages: ModelMessage[]) => messages.filter((message) => !isNow(message));

test('an open call has no output, and its progress and partial results are events', () => {
  const entries = log(
    ...installing,
    begins('reply_2'),
    completes('reply_2', ''),
    { kind: 'call.event', call_id: 'call_a', n: 1, event: 'result', data: 'part one' },
    progress('call_a', 2, 50),
    says('And?'),
  );
  const { messages, system } = seen(entries, { calls: [open] });
  expect(past(messages)).toEqual([
    user('install alpha'),
    asking('Starting.', 'call_a'),
    user('<event>{"call_id":"call_a","tool":"run_installer","n":1,"data":"part one"}</event>'),
    user(expect.stringContaining('"percent":50') as never),
    user('And?'),
  ]);
  expect(messages.at(-1)!.text).toContain('"status":"running"');
  expect(system).toContain('has no output yet');
  expect(system).not.toContain('answered with a status only');
});

test.each([
  [
    'completed',
    { kind: 'call.completed', result: 'Done.' },
    { status: 'completed', result: 'Done.' },
  ],
  [
    'failed',
    { kind: 'call.failed', error: { type: 'NoSpace', message: 'Full.' } },
    { status: 'failed', error: { type: 'NoSpace', message: 'Full.' } },
  ],
  ['cancelled', { kind: 'call.cancelled', by: 'user' }, { status: 'cancelled', by: 'user' }],
  [
    'denied',
    { kind: 'call.denied', reason: 'Too dear.' },
    { status: 'denied', note: 'It was not run.', by: 'user', reason: 'Too dear.' },
  ],
])('a call that is %s later has one output, at the place where it ended', (_, end, facts) => {
  const entries = log(
    ...installing,
    begins('reply_2'),
    completes('reply_2', 'It runs.'),
    { ...end, call_id: 'call_a' },
    says('And?'),
  );
  expect(past(seen(entries).messages)).toEqual([
    user('install alpha'),
    asking('Starting.', 'call_a'),
    { role: 'assistant', text: 'It runs.', calls: [] },
    output('call_a', facts),
    user('And?'),
  ]);
});

test('a call that is over before the next reply is answered directly', () => {
  const entries = log(
    ...installing,
    { kind: 'call.completed', call_id: 'call_a', result: 'Done.' },
    begins('reply_2'),
  );
  expect(seen(entries).messages.slice(1)).toEqual([
    asking('Starting.', 'call_a'),
    output('call_a', { status: 'completed', result: 'Done.' }),
  ]);
});

test('each of several calls is answered when it is over, in any order', () => {
  const entries = log(
    says('install alpha, beta and gamma'),
    begins('reply_1'),
    completes('reply_1', 'Starting.'),
    asks('call_a', { package: 'alpha' }, 3),
    asks('call_b', { package: 'beta' }, 3),
    asks('call_c', { package: 'gamma' }, 3),
    { kind: 'call.failed', call_id: 'call_b', error: { type: 'E', message: 'No.' } },
    begins('reply_2'),
    completes('reply_2', 'beta failed.'),
    { kind: 'call.completed', call_id: 'call_c', result: 'Done.' },
    says('And alpha?'),
  );
  expect(past(seen(entries, { calls: [open] }).messages)).toEqual([
    user('install alpha, beta and gamma'),
    asking('Starting.', 'call_a', 'call_b', 'call_c'),
    output('call_b', { status: 'failed', error: { type: 'E', message: 'No.' } }),
    { role: 'assistant', text: 'beta failed.', calls: [] },
    output('call_c', { status: 'completed', result: 'Done.' }),
    user('And alpha?'),
  ]);
});

test('a managed call tells its results together as events, and its end is the output', () => {
  const result = (n: number) => ({
    kind: 'call.event',
    call_id: 'call_a',
    n,
    event: 'result',
    data: n,
  });
  const [message, begun, completed, asked, started] = installing;
  const entries = log(
    message!,
    begun!,
    completed!,
    { ...asked, awaits: 'managed', cause: [3] },
    started!,
    begins('reply_2'),
    completes('reply_2', ''),
    result(1),
    result(2),
    { kind: 'call.completed', call_id: 'call_a' },
    begins('reply_3'),
  );
  const event = (n: number) =>
    user(`<event>{"call_id":"call_a","tool":"run_installer","n":${n},"data":${n}}</event>`);
  const suspended = { ...open, suspended: { results: 2 } };
  expect(past(seen(entries.slice(0, 9), { calls: [suspended] }).messages)).toHaveLength(2);
  expect(past(seen(entries).messages).slice(2)).toEqual([
    event(1),
    event(2),
    output('call_a', { status: 'completed' }),
  ]);
});

describe('after a summary', () => {
  const entries = log(
    ...installing,
    says('tell me a story'),
    { kind: 'call.completed', call_id: 'call_a', result: 'Done.', cause: [4] },
    begins('reply_2'),
  );
  const window = (from: number, to: number, earlier: typeof entries) =>
    read(
      entries.filter(({ seq }) => seq >= from && seq <= to),
      { from, to, calls: to < 7 ? [open] : [] },
      {},
      profiles.async_tools,
      earlier,
    ).messages;

  test('an open call is shown without an output', () => {
    expect(past(window(6, 6, [entries[3]!]))).toEqual([
      asking('', 'call_a'),
      user('tell me a story'),
    ]);
  });

  test('a call that ended during the summary is shown, with its output at the place where it ended', () => {
    expect(past(window(6, 8, [entries[3]!]))).toEqual([
      asking('', 'call_a'),
      user('tell me a story'),
      output('call_a', { status: 'completed', result: 'Done.' }),
    ]);
  });

  test('an end whose request is not in the window is an event, since an output would answer nothing', () => {
    expect(past(window(6, 8, []))).toEqual([
      user('tell me a story'),
      user('<event>{"call_id":"call_a","status":"completed","result":"Done."}</event>'),
    ]);
  });
});

test.each(['cancel_call', 'read_result'])(
  '%s is not asynchronous: it blocks and is answered directly',
  (tool) => {
    const asked = { kind: 'call.requested', call_id: 'call_b', tool, input: {}, cause: [3] };
    const entries = log(...installing, asked, says('Well?'));
    const [, { calls }, answer] = seen(entries).messages as [
      unknown,
      { calls: { async?: true }[] },
      ModelMessage,
    ];
    expect(calls.map(({ async = false }) => async)).toEqual([true, false]);
    expect(answer).toMatchObject({ role: 'tool', call_id: 'call_b' });
  },
);

test('a request carries a fallback for a server that refuses async tools, and other profiles carry none', () => {
  const form = (profile: { name: string }) => ({
    messages: [{ role: 'user' as const, text: profile.name }],
    tools: ['look', cancelTool.name].map((name) => ({ name, description: '', parameters: {} })),
  });
  const { messages, tools, otherwise } = inProfile(profiles.async_tools, form);
  expect(messages[0]!.text).toBe('async_tools');
  expect(tools.map(({ async = false }) => async)).toEqual([true, false]);
  expect(otherwise!.messages[0]!.text).toBe('openai');
  expect(otherwise!.tools.some(({ async }) => async)).toBe(false);
  expect(inProfile(profiles.openai, form)).not.toHaveProperty('otherwise');
});
