import { expect, test } from 'vitest';
import { z } from 'zod';
import type { Agent } from '../agents/define.ts';
import type { Entry } from '../contract/entry.ts';
import type { OpenCall } from '../contract/call.ts';
import { log, says } from '../test/kit/log-lines.ts';
import { awaitsByTool } from '../tools/awaits.ts';
import clock from '../tools/builtin/clock.ts';
import readResult from '../tools/builtin/read-result.ts';
import { defineTool, type Tool } from '../tools/define.ts';
import { appliesTo } from './applies.ts';
import { developerPrompt } from './developer-prompt.ts';
import { offeredTools } from './offered.ts';
import { profiles } from './profiles.ts';

const install = defineTool({
  name: 'install',
  description: 'Installs.',
  input: z.object({}),
  approval: true,
  run: async () => 'done',
});

const reader = readResult as Tool;

interface Given {
  tools?: Tool[];
  named?: string[];
  entries?: Entry[];
  calls?: OpenCall[];
  summary?: boolean;
  profile?: keyof typeof profiles;
}

/** The names of the tools in a request, and its instructions. */
function carried({
  tools = [],
  named,
  entries = log(says('hello')),
  calls = [],
  summary = false,
  profile: name = 'compatible',
}: Given) {
  const profile = profiles[name];
  const request = { because: 'message', calls } as const;
  const applies = appliesTo({ tools, entries, request, summary });
  const agent: Agent = { name: 'a', instructions: 'Help.', ...(named && { tools: named }) };
  const awaiting = awaitsByTool(agent, tools);
  const offered = offeredTools({ agent, tools, awaiting, profile, applies });
  return {
    tools: offered.map((tool) => tool.name),
    prompt: developerPrompt(agent, profile, awaiting.all, applies),
  };
}

const called = { kind: 'call.requested', call_id: 'call_a', tool: 'install', input: {} };
const stored = { n: 'end', bytes: 9_000, head: 'a' };
const large = { kind: 'call.completed', call_id: 'call_a', result: null, stored };
const cutOff = { kind: 'reply.interrupted', reply_id: 'reply_1', text: 'Well', by: 'message' };

test.each(Object.keys(profiles) as (keyof typeof profiles)[])(
  'an agent without tools is sent only its instructions, in the profile %s',
  (profile) => {
    expect(carried({ profile })).toEqual({ tools: [], prompt: 'Help.' });
    expect(carried({ profile, tools: [reader] })).toEqual({ tools: [], prompt: 'Help.' });
  },
);

test('an agent without tools is told how to read interruptions and summaries', () => {
  const interrupted = carried({ entries: log(says('hello'), cutOff) });
  expect(interrupted.tools).toEqual([]);
  expect(interrupted.prompt).toMatch(
    /^How to read this conversation:\n- "\[interrupted\]"[^\n]*\n\nHelp\.$/,
  );
  const summed = carried({ summary: true });
  expect(summed.prompt).toMatch(
    /^How to read this conversation:\n- The <summary>[^\n]*\n\nHelp\.$/,
  );
  const rolledBack = carried({ entries: log(says('hello'), { ...cutOff, rolled_back: true }) });
  expect(rolledBack.prompt).toBe('Help.');
});

test('an agent that has lost its tools can still cancel, and is told how to read its calls', () => {
  const past = carried({ entries: log(says('install'), called) });
  expect(past.tools).toEqual(['cancel_call']);
  expect(past.prompt).toMatch(/^All tools/);
  expect(carried({ entries: log(called), profile: 'tool_result' }).tools).toEqual([
    'cancel_call',
    'next_event',
  ]);
  const open: OpenCall = { call_id: 'call_a', tool: 'install', status: 'running' };
  expect(carried({ calls: [open] }).tools).toEqual(['cancel_call']);
});

test('read_result is offered last, once a result has been stored separately', () => {
  const tools = [reader, clock as Tool, install];
  expect(carried({ tools }).tools).toEqual(['clock', 'install', 'cancel_call']);
  expect(
    carried({ tools, entries: log(called, { ...large, stored: undefined }) }).tools,
  ).not.toContain('read_result');
  const all = ['clock', 'install', 'cancel_call', 'read_result'];
  expect(carried({ tools, entries: log(called, large) }).tools).toEqual(all);
  const event = { kind: 'call.event', call_id: 'call_a', n: 1, event: 'result', stored };
  expect(carried({ tools, entries: log(called, event) }).tools).toEqual(all);
  expect(carried({ tools, entries: log({ ...called, tool: 'read_result' }) }).tools).toEqual(all);
  expect(carried({ tools, summary: true }).tools).toEqual(all);
});

test('an agent that names read_result has it from the start, in its place', () => {
  const named = ['read_result', 'install'];
  expect(carried({ tools: [reader, install], named }).tools).toEqual([...named, 'cancel_call']);
});

test('approvals are explained when a call may await one or has done so', () => {
  const isExplained = (given: Given) => carried(given).prompt.includes('awaiting_approval');
  const quiet = { ...install, approval: undefined } as Tool;
  expect(isExplained({ tools: [install] })).toBe(true);
  expect(isExplained({ tools: [{ ...quiet, duplicates: 'confirm' } as Tool] })).toBe(true);
  expect(isExplained({ tools: [quiet] })).toBe(false);
  const waits = {
    kind: 'call.awaiting_approval',
    call_id: 'call_a',
    why: 'May I?',
    expires_at: '',
  };
  expect(isExplained({ tools: [quiet], entries: log(called, waits) })).toBe(true);
  expect(
    isExplained({
      tools: [quiet],
      entries: log(called, { kind: 'call.denied', call_id: 'call_a' }),
    }),
  ).toBe(true);
  const open = { call_id: 'call_a', tool: 'install', status: 'awaiting_approval' } as const;
  expect(isExplained({ tools: [quiet], calls: [open] })).toBe(true);
});

test('the prompt and the tools stay the same until the first large result or summary', () => {
  const tools = [reader, install];
  const first = carried({ tools });
  expect(carried({ tools, entries: log(called, cutOff) })).toEqual(first);
  const later = carried({ tools, entries: log(called, cutOff, large) });
  expect(later.tools.slice(0, first.tools.length)).toEqual(first.tools);
});
