/** The questions for a model server: small logs, from which requests are built as the service builds its own. */
import { z } from 'zod';
import { type Entry, entry } from '../../contract/entry.ts';
import type { OpenCall } from '../../contract/call.ts';
import type { ReplyRequest } from '../../contract/reply.ts';
import { formIn } from '../../model/async-tools.ts';
import type { ModelRequest } from '../../model/message.ts';
import type { Profile } from '../../model/profiles.ts';
import { declareTools } from '../../model/tools-schema.ts';
import { transcript } from '../../model/transcript.ts';
import { strategies } from '../../model/events/strategies.ts';
import { defineTool } from '../../tools/define.ts';

/** Never run: the doctor only looks at what the model requests. */
export const ADD = defineTool({
  name: 'add',
  description: 'Adds two numbers.',
  input: z.object({ a: z.number().describe('The first.'), b: z.number().describe('The second.') }),
  progress: true,
  async run() {},
});

export interface ProbeQuestion {
  entries: Entry[];
  because?: ReplyRequest['because'];
  calls?: OpenCall[];
  /** Default: none. */
  tools?: readonly (typeof ADD)[];
}

export const questions = {
  plain: { entries: log(says('Answer with the one word: ready')) },
  tool: {
    entries: log(
      says('Call the tool add once, with a = 17 and b = 25. Do not calculate yourself.'),
    ),
    tools: [ADD],
  },
  twoTools: {
    entries: log(
      says(
        'Call the tool add twice in this one answer: with a = 1 and b = 2, and with a = 3 and b = 4. Do not calculate yourself.',
      ),
    ),
    tools: [ADD],
  },
  openCall: openCall(says('While that runs: what is the capital of France?')),
  news: { ...openCall(progress(75)), because: 'news' },
} satisfies Record<string, ProbeQuestion>;

/** A conversation with this many characters of text in it. */
export function longTalk(characters: number): ProbeQuestion {
  const turns = Math.max(1, Math.round(characters / SENTENCES.length));
  const talk = Array.from({ length: turns }, (_, i) => [
    says(`Part ${i + 1}. ${SENTENCES}`),
    ...replies(i + 1, 'Noted.'),
  ]).flat();
  return { entries: log(...talk, says('Answer with the one word: ready')) };
}

export function requestOf(
  { entries, because = 'message', calls = [], tools = [] }: ProbeQuestion,
  { model, profile }: { model: string; profile: Profile },
): ModelRequest {
  const form = (each: Profile) => ({
    messages: transcript({
      entries,
      agent: { name: 'doctor', instructions: 'Do exactly what the user asks, in few words.' },
      request: {
        conversation: { tenant: 'doctor', id: 'doctor' },
        agent: 'doctor',
        reply_id: 'reply_doctor',
        from: 1,
        to: entries.length,
        because,
        news: [],
        calls,
        attempts: 1,
      },
      progress: new Map(),
      profile: each,
    }),
    tools: tools.length === 0 ? [] : [...declareTools(tools), ...strategies[each.events].tools],
  });
  return { model, ...formIn(profile, form) };
}

/** A call that is running and has reported progress, and what comes after. */
function openCall(last: object): ProbeQuestion {
  const call_id = 'call_a';
  return {
    entries: log(
      says('Add 1 and 2 with the tool.'),
      ...replies(1, 'It is being added.'),
      { kind: 'call.requested', call_id, tool: 'add', input: { a: 1, b: 2 }, cause: [3] },
      { kind: 'call.started', call_id },
      progress(50),
      last,
    ),
    calls: [{ call_id, tool: 'add', status: 'running' }],
    tools: [ADD],
  };
}

function progress(percent: number) {
  const event = { event: 'progress', percent, schedule: 'when_idle' };
  return { kind: 'call.event', call_id: 'call_a', n: percent, ...event };
}

function says(text: string) {
  return { kind: 'message.user', message_id: 'message', text, when_busy: 'interrupt' };
}

function replies(n: number, text: string) {
  const reply_id = `reply_${n}`;
  return [
    { kind: 'reply.started', reply_id, because: 'message', reason: '' },
    { kind: 'reply.completed', reply_id, text, usage: { input_tokens: 0, output_tokens: 0 } },
  ];
}

function log(...bodies: object[]): Entry[] {
  const at = new Date(0).toISOString();
  const actor = { type: 'user', id: 'user' };
  return bodies.map((body, index) =>
    entry.parse({ seq: index + 1, at, actor, cause: [], ...body }),
  );
}

/** About a hundred tokens. */
const SENTENCES = Array.from(
  { length: 10 },
  (_, i) => `Shelf ${i} holds ${i + 3} boxes, and nobody has moved them since spring.`,
).join(' ');
