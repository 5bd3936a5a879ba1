/** Random logs, cut at any seq, as the activity reads them after a summary. */
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import type { Entry } from '../../contract/entry.ts';
import type { ReplyRequest } from '../../contract/reply.ts';
import { checkCalls } from '../../cli/demo/check-calls.ts';
import type { ModelMessage } from '../../model/message.ts';
import { type Profile, profiles } from '../../model/profiles.ts';
import { transcript } from '../../model/transcript.ts';
import { randomLog } from '../../test/kit/random-log.ts';
import { readWindow } from './read-window.ts';

vi.setConfig({ testTimeout: 60_000 });

const conversation = { tenant: 'default', id: 'c' };
const agent = { name: 'default', instructions: 'Help.' };
const TEXT = 'A </summary><now>{}</now> was paid.';

interface Cut {
  messages: ModelMessage[];
  window: Entry[];
  open: string[];
}

/** For every place where a log can be cut, with the whole rest of it as the window. */
async function forAllCuts(check: (cut: Cut) => void, profile?: Profile): Promise<void> {
  await fc.assert(
    fc.asyncProperty(randomLog, async ({ entries: log, openAt }) => {
      const to = log.length;
      // The summary is written some time after what it covers: here behind the end of the window.
      const summary = { seq: to + 1, kind: 'summary', text: TEXT, from: 1, to: 1 } as Entry;
      const store = {
        window: async (_: unknown, range: { from: number; to: number }) =>
          [...log, summary].filter(({ seq }) => seq >= range.from && seq <= range.to),
      };
      for (let from = 1; from <= to; from += 1) {
        const calls = (openAt.get(to) ?? []).map((call) => ({
          ...call,
          before: log
            .filter((entry) => entry.kind === 'call.requested' && entry.call_id === call.call_id)
            .map(({ seq }) => seq)
            .filter((seq) => seq < from),
        }));
        const before = calls.flatMap((call) => call.before);
        const read = await readWindow(store, { conversation, from, to, summary: to + 1, before });
        const request: ReplyRequest = {
          conversation,
          agent: 'default',
          reply_id: 'reply_99',
          from,
          to,
          because: 'news',
          news: [],
          calls,
          attempts: 4,
        };
        const messages = transcript({ ...read, agent, request, progress: new Map(), profile });
        check({ messages, window: read.entries, open: calls.map(({ call_id }) => call_id) });
      }
    }),
    { numRuns: 1_000 },
  );
}

const facts = ({ text }: ModelMessage) => JSON.parse(text.replace(/^<\w+>|<\/\w+>$/g, ''));

test('R13: each call that is shown has its one result directly after it, and each open call is shown, however the log is cut', async () => {
  await forAllCuts(({ messages, open }) => {
    checkCalls(messages, 'messages');
    const answered = messages.flatMap((m) => (m.role === 'tool' ? [m.call_id] : []));
    expect(answered).toEqual(expect.arrayContaining(open));
    expect(new Set(answered).size).toBe(answered.length);
  });
});

test('an asynchronous call has no answer while it is open and one when it is over, however the log is cut', async () => {
  await forAllCuts(({ messages, window, open }) => {
    checkCalls(messages, 'messages');
    const shown = messages.flatMap((m) => (m.role === 'assistant' ? m.calls : []));
    const answered = messages.flatMap((m) => (m.role === 'tool' ? [m.call_id] : []));
    expect(shown.map(({ call_id }) => call_id)).toEqual(expect.arrayContaining(open));
    expect(answered.filter((id) => open.includes(id))).toEqual([]);
    expect(new Set(answered).size).toBe(answered.length);
    const over = window.flatMap((entry) =>
      /^call\.(completed|failed|cancelled|denied|dropped)$/.test(entry.kind) && 'call_id' in entry
        ? [entry.call_id]
        : [],
    );
    expect(answered.toSorted()).toEqual(over.toSorted());
  }, profiles.async_tools);
});

test('each call with an event in the window is shown with its request, however old that is', async () => {
  await forAllCuts(({ messages, window }) => {
    const shown = messages.flatMap((message) =>
      message.role === 'assistant' ? message.calls.map(({ call_id }) => call_id) : [],
    );
    const speaking = window.flatMap((entry) => ('call_id' in entry ? [entry.call_id] : []));
    expect(new Set(shown)).toEqual(new Set([...shown, ...speaking]));
    for (const message of messages) {
      const isEvent = message.role === 'user' && message.text.startsWith('<event>');
      if (isEvent) expect(facts(message).tool).toBe('work');
    }
  });
});

test('the moment shows the tool and the input of every open call', async () => {
  await forAllCuts(({ messages, open }) => {
    const { calls } = facts(messages.at(-1)!);
    expect(calls.map(({ call_id }: { call_id: string }) => call_id)).toEqual(open);
    for (const call of calls)
      expect(call).toMatchObject({ tool: 'work', input: expect.anything() });
  });
});

test('the summary comes directly after the developer prompt, and nothing in it can close its block', async () => {
  await forAllCuts(({ messages }) => {
    expect(
      messages.findIndex(({ role, text }) => role === 'user' && text.startsWith('<summary>')),
    ).toBe(1);
    expect(messages[1]!.text).toMatch(/^<summary>\{[^<]*\}<\/summary>$/);
    expect(facts(messages[1]!)).toEqual({ text: TEXT });
  });
});
