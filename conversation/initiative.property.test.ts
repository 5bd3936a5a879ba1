/** R12 in random conversations whose tools have much to tell. Everything is checked from the log. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Entry } from '../contract/entry.ts';
import { call, Story } from '../test/kit/story.ts';

type Happening =
  | { do: 'say'; when_busy: 'interrupt' | 'queue' | 'rollback' }
  | { do: 'wait'; ms: number }
  | { do: 'model'; calls: number }
  | { do: 'model fails'; spent: boolean }
  | { do: 'event'; call: number; schedule: 'silent' | 'when_idle' | 'interrupt' }
  | { do: 'end'; call: number }
  | { do: 'cancel'; call: number }
  | { do: 'interrupt'; scope: 'reply' | 'all' };

interface Given {
  limits: {
    unsolicited_per_minute?: number;
    unsolicited_in_a_row?: number;
    max_tokens?: number;
  };
  life: Happening[];
}

const oneOf = fc.constantFrom;
const is = <T extends string>(what: T) => fc.constant(what);
const happening: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({ do: is('say'), when_busy: oneOf('interrupt', 'queue', 'rollback') }),
  },
  {
    weight: 8,
    arbitrary: fc.record({ do: is('wait'), ms: oneOf(0, 1, 250, 300, 2_000, 20_000, 59_000) }),
  },
  { weight: 8, arbitrary: fc.record({ do: is('model'), calls: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ do: is('model fails'), spent: fc.boolean() }) },
  {
    weight: 12,
    arbitrary: fc.record({
      do: is('event'),
      call: fc.nat(9),
      schedule: oneOf('silent', 'when_idle', 'when_idle', 'interrupt', 'interrupt'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: is('end'), call: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ do: is('cancel'), call: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ do: is('interrupt'), scope: oneOf('reply', 'all') }) },
);

const given: fc.Arbitrary<Given> = fc.record({
  limits: fc.record(
    {
      unsolicited_per_minute: fc.integer({ min: 1, max: 4 }),
      unsolicited_in_a_row: fc.integer({ min: 1, max: 5 }),
      max_tokens: fc.integer({ min: 22, max: 220 }),
    },
    { requiredKeys: [] },
  ),
  life: fc.array(happening, { minLength: 1, maxLength: 80, size: 'max' }),
});

const inAny = (check: (story: Story) => void) =>
  fc.assert(
    fc.property(given, (chosen) => check(live(chosen))),
    { numRuns: 1_000 },
  );

test('R12: no more turns than allowed begin unprompted in any minute', () => {
  inAny(({ log, state }) => {
    const { unsolicited_per_minute: most = Infinity } = state.limits;
    const began = unsolicited(log).map(({ at }) => Date.parse(at));
    for (const [i, at] of began.entries()) {
      if (i >= most) expect(at - began[i - most]!).toBeGreaterThanOrEqual(60_000);
    }
  });
});

test('R12: no more turns than allowed begin unprompted between two messages of the user', () => {
  inAny(({ log, state }) => {
    const { unsolicited_in_a_row: most = Infinity } = state.limits;
    const began = new Set(unsolicited(log));
    let inARow = 0;
    for (const entry of log) {
      if (entry.kind === 'message.user') inARow = 0;
      if (began.has(entry)) expect(++inARow).toBeLessThanOrEqual(most);
    }
  });
});

test('R12: no turn begins unprompted once the tokens are spent', () => {
  inAny(({ log, state }) => {
    const { max_tokens = Infinity } = state.limits;
    const began = new Set(unsolicited(log));
    let spent = 0;
    for (const entry of log) {
      if (began.has(entry)) expect(spent).toBeLessThan(max_tokens);
      if (entry.kind === 'reply.completed')
        spent += entry.usage.input_tokens + entry.usage.output_tokens;
    }
  });
});

test('R12: every message is answered, and news is overdue only when the log says why', () => {
  const look = ({ state, log, now, wakeAt }: Story) => {
    if (wakeAt !== undefined) expect(wakeAt).toBeGreaterThan(now);
    if (state.turn.phase !== 'idle') return;
    expect(state.unanswered).toEqual([]);
    const overdue = state.news.filter(
      ({ schedule, at }) => schedule !== 'silent' && at + state.limits.quiet_max_ms < now,
    );
    if (overdue.length === 0) return;
    const freed = log.findLastIndex(
      (e) => e.kind === 'reply.started' && (!state.hushed || e.because === 'message'),
    );
    expect(log.slice(freed).map(({ kind }) => kind)).toContain('limit.reached');
    // News is due at some time, or it waits for the user.
    expect(wakeAt === undefined).toBe(state.hushed);
  };
  fc.assert(
    fc.property(given, (chosen) => void live(chosen, look)),
    { numRuns: 1_000 },
  );
});

test('R12: no news is lost: each event has one receipt once the conversation is closed', () => {
  inAny((story) => {
    story.happens({ type: 'close' });
    story.happens({ type: 'settled' });
    const news = story.log.filter(({ kind }) => kind === 'call.event' || kind === 'call.completed');
    const receipts = story.all('receipt').flatMap(({ of }) => of);
    expect(receipts.toSorted((a, b) => a - b)).toEqual(news.map(({ seq }) => seq));
  });
});

/** The starts of turns caused by news, including those that start again because news cut in. */
function unsolicited(log: Entry[]): Entry[] {
  let isCutIn = false;
  return log.filter((entry) => {
    if (entry.kind === 'reply.interrupted') isCutIn = entry.by === 'event';
    if (entry.kind !== 'reply.started') return false;
    const counts = entry.because === 'news' || isCutIn;
    isCutIn = false;
    return counts;
  });
}

function live({ limits, life }: Given, look: (story: Story) => void = () => {}): Story {
  const story = new Story({ ...limits, max_running: 9 });
  story.user('install all of it');
  story.pass(300);
  story.model('Starting.', call('call_0'), call('call_1'));
  const numbers = new Map<string, number>();
  for (const what of life) {
    play(story, what, numbers);
    look(story);
  }
  return story;
}

function play(story: Story, what: Happening, numbers: Map<string, number>): void {
  const replying = story.state.turn.phase === 'replying';
  const open = story.state.calls.map(({ id }) => id);
  const pick = (n: number) => open[n % Math.max(1, open.length)] ?? 'call_none';
  switch (what.do) {
    case 'say':
      story.user('…', { when_busy: what.when_busy });
      return;
    case 'wait':
      story.pass(what.ms);
      return;
    case 'model': {
      if (!replying) return;
      const first = story.all('call.requested').length;
      const calls = Array.from({ length: what.calls }, (_, i) => call(`call_${first + i}`));
      story.model('Ok.', ...calls);
      return;
    }
    case 'model fails': {
      if (!replying) return;
      const { turn } = story.state;
      if (!what.spent || turn.phase !== 'replying' || turn.reply.because !== 'news') {
        story.modelFails();
        return;
      }
      const error = { type: 'TenantTokensSpent', message: '' };
      const limit = { limit: 'max_tokens_per_tenant_per_day', value: 1 };
      story.happens({ type: 'reply_failed', reply_id: story.replying, error, limit });
      return;
    }
    case 'event': {
      const id = pick(what.call);
      const n = (numbers.get(id) ?? 0) + 1;
      numbers.set(id, n);
      story.progress(id, n, n % 100, { schedule: what.schedule });
      return;
    }
    case 'end':
      story.ends(pick(what.call));
      return;
    case 'cancel':
      story.happens({ type: 'cancel_call', call_id: pick(what.call) });
      return;
    case 'interrupt':
      story.interrupt({ scope: what.scope });
      return;
  }
}
