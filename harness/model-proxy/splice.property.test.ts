/**
 * Random threads, in both APIs: a harness that sends messages, uses tools of its own, is cut off, asks again and compacts; a model that
 * makes calls; and calls that have results in the meantime.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Entry } from '../../contract/entry.ts';
import { newConversation } from '../../conversation/state.ts';
import { LIMITS, Story } from '../../test/kit/story.ts';
import { chatHand, type Hand, responsesHand } from '../../test/kit/proxied-hands.ts';
import { reply, type Thread } from './reply.ts';

type Act =
  | { kind: 'turn'; calls: number; words: boolean; own: boolean; breaks: boolean }
  | { kind: 'result' | 'progress' | 'end'; pick: number }
  | { kind: 'compact'; keep: number };

const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('turn' as const),
      calls: fc.nat(2),
      words: fc.boolean(),
      own: fc.boolean(),
      breaks: fc.integer({ min: 0, max: 4 }).map((n) => n === 0),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constantFrom('result' as const, 'progress' as const, 'end' as const),
      pick: fc.nat(50),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('compact' as const), keep: fc.nat(4) }) },
);

/** A conversation that follows the rules and is written at once. */
function threadOn(story: Story): Thread {
  const keys = new Map<string, string>();
  return {
    log: async () => [...story.log],
    until: async () => [...story.log],
    async request({ tool, input, anchor, key }) {
      const call_id = keys.get(key) ?? `call_${keys.size + 1}`;
      if (!keys.has(key)) {
        story.happens({ type: 'request_call', call: { call_id, tool, input, anchor } });
      }
      keys.set(key, call_id);
      return { call_id };
    },
    async deliver(of, anchor) {
      story.happens({ type: 'deliver', of, ...(anchor !== undefined && { anchor }) });
    },
    async acknowledge(to) {
      story.happens({ type: 'acknowledge', to });
    },
  };
}

const ECHO = {
  ...{ name: 'echo', description: 'Says it again.', parameters: { type: 'object' } },
  results: { min: 1, max: 'many' as const },
};

/** What a life has shown. */
interface Life {
  /** Whole requests to the model. */
  requests: { items: any[]; thread: object[] }[];
  story: Story;
  compacted: boolean;
}

async function live(hand: Hand, acts: Act[]): Promise<Life> {
  const story = new Story();
  story.state = newConversation('client:x', { ...LIMITS, max_running: 100 }, 'external');
  const thread = threadOn(story);
  const life: Life = { requests: [], story, compacted: false };
  let items: object[] = [];
  let turns = 0;
  const numbers = new Map<string, number>();
  for (const each of [
    ...acts,
    { kind: 'turn', calls: 0, words: true, own: false, breaks: false } as const,
  ]) {
    switch (each.kind) {
      case 'turn':
        await turn(each);
        break;
      case 'compact':
        life.compacted = true;
        items = [
          hand.user(`Summary ${turns}.`),
          ...items.filter((item) => isAlone(item)).slice(-each.keep),
        ];
        break;
      default: {
        const open = openCalls(story.log);
        const id = open[each.pick % Math.max(open.length, 1)];
        if (id === undefined) break;
        if (each.kind === 'end') {
          story.ends(id);
          break;
        }
        const n = (numbers.get(id) ?? 0) + 1;
        numbers.set(id, n);
        const event =
          each.kind === 'result'
            ? ({ event: 'result', data: 'x' } as const)
            : ({ event: 'progress', percent: n } as const);
        story.happens({ type: 'call_event', call_id: id, n, schedule: 'when_idle', ...event });
      }
    }
  }
  return life;

  /** A message that needs no other. */
  function isAlone(item: any): boolean {
    return (item.role === 'user' || item.role === 'assistant') && item.tool_calls === undefined;
  }

  async function turn({ calls, words, own, breaks }: Act & { kind: 'turn' }): Promise<void> {
    turns += 1;
    items.push(hand.user(`Turn ${turns}.`));
    if (breaks) await ask({ calls, words, own, breaks: true });
    await ask({ calls, words, own, breaks: false });
  }

  async function ask({
    calls,
    words,
    own,
    breaks,
  }: Omit<Act & { kind: 'turn' }, 'kind'>): Promise<void> {
    let rounds = 0;
    const isOwn = own && !breaks;
    const answer = await reply(
      {
        wire: hand.wire,
        thread,
        offered: [ECHO],
        grace_ms: 0,
        most_rounds: 10,
        async ask(body) {
          rounds += 1;
          life.requests.push({ items: [...hand.thread(body)], thread: [...items] });
          const round = rounds;
          const said =
            round > calls
              ? { words: `Answer ${turns}.`, echoes: 0 }
              : { words: words ? `Words ${turns}.${round}.` : '', echoes: 1 };
          const isLast = round > calls;
          const events = hand.answer({ ...said, ...(isOwn && isLast && { own: `own_${turns}` }) });
          return {
            events: (async function* () {
              if (breaks && isLast) return;
              yield* events;
            })(),
          };
        },
      },
      hand.body(items),
      false,
    );
    const events: object[] = [];
    try {
      for await (const event of answer.events!) events.push(event);
    } catch {
      return;
    }
    items.push(...hand.heard(events));
    if (!isOwn) return;
    items.push(hand.output(`own_${turns}`));
    await ask({ calls: 0, words, own: false, breaks: false });
  }
}

function openCalls(log: readonly Entry[]): string[] {
  const over = new Set(
    log.flatMap((entry) => (entry.kind === 'call.completed' ? [entry.call_id] : [])),
  );
  return log.flatMap((entry) =>
    entry.kind === 'call.requested' && !over.has(entry.call_id) ? [entry.call_id] : [],
  );
}

const numbersIn = (hand: Hand, items: object[]): string[] =>
  items.flatMap((item) => hand.texts(item).match(/\[result \d+\]/g) ?? []);

describe.each([
  ['Responses', responsesHand],
  ['Chat Completions', chatHand],
])('a thread through the proxy (%s)', (name, hand) => {
  const lives = (check: (life: Life) => void) =>
    fc.assert(
      fc.asyncProperty(fc.array(act, { minLength: 4, maxLength: 20, size: 'max' }), async (acts) =>
        check(await live(hand, acts)),
      ),
      { numRuns: 50 },
    );

  test('has the harness’s own items, untouched and in their order', () =>
    lives(({ requests }) => {
      for (const { items, thread } of requests) {
        let at = 0;
        for (const item of items) if (item === thread[at]) at += 1;
        expect(at).toBe(thread.length);
      }
    }));

  test('shows each result once in a request, and by the end the last of each call', () =>
    lives(({ requests, story }) => {
      for (const { items } of requests) {
        const numbers = numbersIn(hand, items);
        expect(new Set(numbers).size).toBe(numbers.length);
      }
      const receipts = story.log.flatMap((entry) => (entry.kind === 'receipt' ? entry.of : []));
      const results = story.log.filter(
        ({ kind }) => kind === 'call.event' || kind === 'call.completed',
      );
      expect(results.filter(({ seq }) => !receipts.includes(seq))).toEqual([]);
    }));

  test('shows a result again only where its place is lost before the model has spoken', () =>
    lives(({ requests, compacted, story }) => {
      const delivered = story.log.flatMap((entry) =>
        entry.kind === 'receipt' && entry.fate === 'delivered' ? entry.of : [],
      );
      if (!compacted) expect(new Set(delivered).size).toBe(delivered.length);
      const acknowledged = new Set<number>();
      for (const entry of story.log) {
        if (entry.kind !== 'receipt') continue;
        if (entry.fate === 'delivered')
          expect(entry.of.filter((seq) => acknowledged.has(seq))).toEqual([]);
        else for (const seq of entry.of) acknowledged.add(seq);
      }
      expect(requests.length).toBeGreaterThan(0);
    }));

  test('begins each turn as the turn before began, as long as nothing is compacted', () =>
    lives(({ requests, compacted }) => {
      if (compacted) return;
      let before: { items: any[]; thread: object[] } | undefined;
      for (const request of requests) {
        const isTurn = request.thread.length !== before?.thread.length;
        if (!isTurn) continue;
        if (before) expect(request.items.slice(0, before.items.length)).toEqual(before.items);
        before = request;
      }
    }));

  test('runs each call of the model once', () =>
    lives(({ story }) => {
      const ids = story.all('call.requested').map(({ call_id }) => call_id);
      expect(new Set(ids).size).toBe(ids.length);
    }));

  if (name === 'Chat Completions') {
    test('has the outputs of calls right behind them, and calls only behind a user or outputs', () =>
      lives(({ requests }) => {
        for (const { items } of requests) {
          let open: string[] = [];
          for (const [nth, { role, tool_calls = [], tool_call_id }] of items.entries()) {
            if (role === 'tool') {
              expect(open).toContain(tool_call_id);
              open = open.filter((id) => id !== tool_call_id);
              continue;
            }
            expect(open).toEqual([]);
            open = tool_calls.map(({ id }: { id: string }) => id);
            const isAdded = open.some((id) => !id.startsWith('own_'));
            if (isAdded) expect(['user', 'tool']).toContain(items[nth - 1]?.role);
          }
          expect(open).toEqual([]);
        }
      }));
  }
});
