/** Random conversations, likely and unlikely, and what is looked at in them. */
import fc from 'fast-check';
import { expect } from 'vitest';
import { call, Story } from './story.ts';

const runs = { numRuns: 1_000 };

/** Checks each conversation after each of its steps. */
export const always = (check: (story: Story) => void) =>
  fc.assert(
    fc.property(life, (happenings) => void live(happenings, check)),
    runs,
  );

/** Checks each conversation when all of it has happened. */
export const inTheEnd = (check: (story: Story) => void) =>
  fc.assert(
    fc.property(life, (happenings) => check(live(happenings))),
    runs,
  );

/** Calls of tools that need a yes, mind duplicates, or are managed. */
type Guarded = 'approval' | 'reject' | 'replace' | 'confirm' | 'both' | 'managed';

/** What can happen; numbers choose among what there is at that moment. */
type Happening =
  | { do: 'say'; id: number; when_busy: 'interrupt' | 'queue' | 'reject' | 'rollback' }
  | { do: 'wait'; ms: number }
  | { do: 'model'; text: string; calls: ('slow' | 'cancel' | 'broken' | Guarded)[] }
  | { do: 'stale model'; reply: number }
  | { do: 'model fails' }
  | {
      do: 'event';
      call: number;
      n: number;
      schedule: 'silent' | 'when_idle' | 'interrupt';
      partial: boolean;
    }
  | { do: 'end'; call: number; type: 'completed' | 'failed' | 'cancelled' }
  | { do: 'decide'; call: number; decision: 'approve' | 'deny' }
  | { do: 'cancel'; call: number }
  | { do: 'interrupt'; scope: 'reply' | 'calls' | 'all'; message: boolean }
  | { do: 'tick' }
  | { do: 'close' }
  | { do: 'settled' };

const ASKED = [
  ...(['slow', 'slow', 'slow', 'slow', 'cancel', 'broken'] as const),
  ...(['approval', 'approval', 'reject', 'replace', 'confirm', 'both'] as const),
  ...(['managed', 'managed'] as const),
];
/** Within what a random conversation lasts. */
const APPROVAL_MS = 3_000;

const small = fc.nat(30);
const happening: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('say' as const),
      id: small,
      when_busy: fc.constantFrom('interrupt', 'interrupt', 'queue', 'reject', 'rollback'),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.constantFrom(0, 1, 50, 200, 250, 400, 2_000, 5_000),
    }),
  },
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant('model' as const),
      text: fc.constantFrom('', 'Ok.'),
      calls: fc.array(fc.constantFrom(...ASKED), { maxLength: 4 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('stale model' as const), reply: small }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('model fails' as const) }) },
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant('event' as const),
      call: small,
      n: fc.integer({ min: 1, max: 8 }),
      schedule: fc.constantFrom('silent', 'when_idle', 'when_idle', 'interrupt'),
      partial: fc.boolean(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('end' as const),
      call: small,
      type: fc.constantFrom('completed', 'failed', 'cancelled'),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('decide' as const),
      call: small,
      decision: fc.constantFrom('approve', 'approve', 'deny'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel' as const), call: small }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('interrupt' as const),
      scope: fc.constantFrom('reply', 'calls', 'all'),
      message: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('tick' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('close' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('settled' as const) }) },
);

/** Mostly one after another, sometimes several at once. */
const life = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: happening },
    { weight: 1, arbitrary: fc.array(happening, { minLength: 2, maxLength: 4 }) },
  ),
  { minLength: 1, maxLength: 60 },
);

function live(
  happenings: (Happening | Happening[])[],
  look: (story: Story) => void = () => {},
): Story {
  const story = new Story({ max_running: 2, max_replies_per_turn: 4 });
  for (const what of happenings) {
    if (Array.isArray(what)) story.together(() => what.forEach((each) => play(story, each)));
    else play(story, what);
    look(story);
  }
  return story;
}

function play(story: Story, what: Happening): void {
  const ids = story.all('call.requested').map(({ call_id }) => call_id);
  const pick = (n: number) => ids[n % Math.max(1, ids.length)] ?? 'call_none';
  const replying = story.state.turn.phase === 'replying';
  switch (what.do) {
    case 'say':
      story.user('…', { message_id: `m${what.id}`, when_busy: what.when_busy });
      return;
    case 'wait':
      story.pass(what.ms);
      return;
    case 'model': {
      if (!replying) return;
      const requests = what.calls.map((type, i) => {
        const id = `call_${ids.length + i}`;
        if (type === 'slow') return call(id);
        if (type === 'managed') return call(id, { awaits: 'managed', results: 2 });
        // Half of them ask for the same.
        const input = { package: i % 2 === 0 ? 'alpha' : 'beta' };
        const approval = { timeout_ms: APPROVAL_MS };
        if (type === 'approval') return call(id, { input, approval });
        if (type === 'both') return call(id, { input, approval, duplicates: 'confirm' });
        if (type === 'reject' || type === 'replace' || type === 'confirm')
          return call(id, { input, duplicates: type });
        if (type === 'broken')
          return call(id, { problem: { type: 'InvalidInput', message: 'no' } });
        return call(id, { tool: 'cancel_call', input: { call_id: pick(ids.length - 1) } });
      });
      story.model(what.text, ...requests);
      return;
    }
    case 'stale model': {
      const reply_id = `reply_${what.reply}`;
      if (replying && story.replying === reply_id) return;
      const usage = { input_tokens: 1, output_tokens: 1 };
      const result = { text: 'stale', usage, calls: [call('call_stale')] };
      expect(story.happens({ type: 'reply_completed', reply_id, result })).toEqual([]);
      return;
    }
    case 'model fails':
      if (replying) story.modelFails();
      return;
    case 'event': {
      const { schedule, n, partial } = what;
      const more = partial ? ({ event: 'result', data: n } as const) : {};
      story.progress(pick(what.call), n, n * 10, { schedule, ...more });
      return;
    }
    case 'end':
      story.ends(
        pick(what.call),
        what.type === 'completed'
          ? { type: 'completed', result: 1 }
          : what.type === 'failed'
            ? { type: 'failed', error: { type: 'X', message: 'x' } }
            : { type: 'cancelled' },
      );
      return;
    case 'decide':
      story.decides(pick(what.call), what.decision);
      return;
    case 'cancel':
      story.happens({ type: 'cancel_call', call_id: pick(what.call) });
      return;
    case 'interrupt': {
      const message = { message_id: `i${story.log.length}`, text: 'stop' };
      story.interrupt({ scope: what.scope, ...(what.message && { message }) });
      return;
    }
    case 'tick':
      story.happens({ type: 'tick' });
      return;
    case 'close':
    case 'settled':
      story.happens({ type: what.do });
      return;
  }
}
