import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import type { Entry } from '../contract/entry.ts';
import type { OpenCall } from '../contract/call.ts';
import type { ReplyRequest } from '../contract/reply.ts';
import type { ModelMessage } from './message.ts';
import { randomLog, type RandomLog } from '../test/kit/random-log.ts';
import { profiles } from './profiles.ts';
import { transcript } from './transcript.ts';

vi.setConfig({ testTimeout: 60_000 });

const agent = { name: 'default', instructions: 'Help.' };

/** The window and the request of a reply that begins after the entry `to`. */
function seen({ entries, openAt }: RandomLog, from: number, to: number) {
  const range = entries.filter(({ seq }) => seq >= from && seq <= to);
  const calls = openAt.get(to) ?? [];
  const held = heldOf(calls);
  const request: ReplyRequest = {
    conversation: { tenant: 'default', id: 'c' },
    agent: agent.name,
    reply_id: 'reply_99',
    from,
    to,
    because: 'news',
    news: range
      .filter((entry) => entry.kind.startsWith('call.') && !held(entry))
      .map(({ seq }) => seq),
    calls,
    attempts: 4,
  };
  return freeze({ entries: range, agent, request, progress: new Map() });
}

/** True for an event of a call whose flow is suspended. */
const heldOf = (calls: OpenCall[]) => (entry: Entry) =>
  entry.kind === 'call.event' &&
  calls.some(({ call_id, suspended }) => call_id === entry.call_id && suspended);

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.values(Object.freeze(value)).forEach(freeze);
  }
  return value;
}

/** For every prefix of the log, and for one window that begins later. */
function forAll(
  check: (messages: ModelMessage[], entries: readonly Entry[], request: ReplyRequest) => void,
): void {
  fc.assert(
    fc.property(randomLog, fc.nat(20), (log, later) => {
      for (let to = 0; to <= log.entries.length; to += 1) {
        for (const from of [1, later]) {
          const given = seen(log, from, to);
          check(transcript(given), given.entries, given.request);
        }
      }
    }),
    { numRuns: 1_000 },
  );
}

const blocks = (messages: ModelMessage[], name: string) =>
  messages.filter(({ role, text }) => role === 'user' && text.startsWith(`<${name}>`));

const facts = (message: ModelMessage) => JSON.parse(message.text.replace(/^<\w+>|<\/\w+>$/g, ''));

test('R13: each tool call has exactly one tool message, directly after its assistant message, and no tool message is without a call', () => {
  forAll((messages) => {
    const asked = messages.flatMap((message, index) =>
      message.role === 'assistant'
        ? message.calls.map(({ call_id }, nth) => ({ call_id, at: index + 1 + nth }))
        : [],
    );
    const answered = messages.flatMap((message, index) =>
      message.role === 'tool' ? [{ call_id: message.call_id, at: index }] : [],
    );
    expect(answered).toEqual(asked);
    expect(new Set(asked.map(({ call_id }) => call_id)).size).toBe(asked.length);
  });
});

test('each request is shown as a call with an object for arguments, even if its reply is before the range', () => {
  forAll((messages, entries) => {
    const requested = entries.filter((entry) => entry.kind === 'call.requested');
    const calls = messages.flatMap((message) =>
      message.role === 'assistant' ? message.calls : [],
    );
    expect(calls.map(({ call_id }) => call_id).toSorted()).toEqual(
      requested.map(({ call_id }) => call_id).toSorted(),
    );
    for (const call of calls) expect(JSON.parse(call.arguments)).toBeTypeOf('object');
  });
});

test('the past has each end and partial result once, only the latest progress of an open call, and nothing of a suspended flow', () => {
  forAll((messages, entries, { calls }) => {
    const held = heldOf(calls);
    const managed = new Set(
      entries.flatMap((e) => (e.kind === 'call.requested' && e.awaits ? e.call_id : [])),
    );
    const told = blocks(messages, 'event').map(facts);
    const answers = messages
      .filter((message) => message.role === 'tool')
      .map(({ call_id, text }) => ({ call_id, ...JSON.parse(text) }));
    const ended = new Set<string>();
    for (const entry of entries) {
      if (!/^call\.(completed|failed|cancelled|denied|dropped)$/.test(entry.kind)) continue;
      const { call_id } = entry as Entry & { call_id: string };
      ended.add(call_id);
      const status = entry.kind.slice('call.'.length);
      const mine = [...told, ...answers].filter((each) => each.call_id === call_id);
      expect(mine.filter((each) => each.status === status)).toHaveLength(1);
    }
    const latest = new Map<string, number>();
    for (const entry of entries) {
      if (entry.kind !== 'call.event') continue;
      if (entry.event === 'progress') {
        if (!managed.has(entry.call_id) && !held(entry)) latest.set(entry.call_id, entry.n);
      } else {
        const { call_id, n } = entry;
        const events = told.filter((each) => each.call_id === call_id && each.n === n);
        const inAnswer = answers
          .filter((each) => each.call_id === call_id)
          .flatMap((each) => each.results ?? [])
          .filter((result: { n: number }) => result.n === n);
        expect([...events, ...inAnswer]).toHaveLength(held(entry) ? 0 : 1);
      }
    }
    for (const id of ended) latest.delete(id);
    const progress = told.filter((each) => each.percent !== undefined);
    expect(new Map(progress.map(({ call_id, n }) => [call_id, n]))).toEqual(latest);
    expect(progress).toHaveLength(latest.size);
  });
});

test('nothing that a user or a tool says can open or close a block', () => {
  forAll((messages) => {
    for (const { role, text } of messages) {
      if (role === 'tool') expect(text).not.toContain('<');
      if (role === 'user') expect(text).toMatch(/^<(summary|event|now)>\{[^<]*\}<\/\1>$|^[^<]*$/);
    }
  });
});

test('the last message is the moment, with every open call and one item of news for each call', () => {
  forAll((messages, entries, { calls: open }) => {
    const now = blocks(messages, 'now');
    expect(now).toEqual([messages.at(-1)]);
    const { calls, news } = facts(now[0]!);
    const told = new Set(
      entries
        .filter(
          (entry) =>
            /^call\.(event|completed|failed|cancelled|denied|dropped)$/.test(entry.kind) &&
            !heldOf(open)(entry),
        )
        .map((entry) => (entry as Entry & { call_id: string }).call_id),
    );
    expect(news.map((item: { call_id: string }) => item.call_id)).toEqual([...told]);
    for (const { status } of calls)
      expect(status).toMatch(/^(requested|awaiting_approval|queued|running)$/);
  });
});

test.each(Object.values(profiles))(
  'each request begins with the previous one, except for progress and the moment, in the profile $name',
  (profile) => {
    fc.assert(
      fc.property(randomLog, (log) => {
        const entries = log.entries.filter(
          (entry) => entry.kind !== 'call.event' || entry.event !== 'progress',
        );
        const lasting = (to: number) => {
          const given = seen({ ...log, entries }, 1, to);
          const request = { ...given.request, because: 'message' as const, news: [], calls: [] };
          return asText(transcript({ ...given, request, profile }));
        };
        const starts = entries.filter(({ kind }) => kind === 'reply.started');
        for (const [index, { seq }] of starts.entries()) {
          const next = starts[index + 1];
          if (next) expect(lasting(next.seq).startsWith(lasting(seq))).toBe(true);
        }
      }),
      { numRuns: 1_000 },
    );
  },
);

/** The text as a chat template writes it: a joined message only continues the previous one. */
function asText(messages: ModelMessage[]): string {
  return messages
    .map((message) => {
      const of = message.role === 'tool' ? `tool ${message.call_id}` : message.role;
      const calls = message.role === 'assistant' ? message.calls : [];
      return [`#${of}#${message.text}`, ...calls.map((call) => JSON.stringify(call))].join('');
    })
    .join('');
}

test('R2: no text of a reply that was rolled back is ever shown', () => {
  const said = 'words that were taken back';
  const withText = (entries: readonly Entry[], text: string) =>
    entries.map((entry) =>
      entry.kind === 'reply.interrupted' && entry.rolled_back ? { ...entry, text } : entry,
    );
  fc.assert(
    fc.property(randomLog, (log) => {
      for (let to = 1; to <= log.entries.length; to += 1) {
        const { entries, ...rest } = seen(log, 1, to);
        const messages = transcript({ ...rest, entries: withText(entries, said) });
        expect(messages).toEqual(transcript({ ...rest, entries: withText(entries, '') }));
        expect(JSON.stringify(messages)).not.toContain(said);
      }
    }),
    { numRuns: 1_000 },
  );
});
