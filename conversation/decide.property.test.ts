/** Random conversations, likely and unlikely, against what each rule promises. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { entry as entrySchema } from '../contract/entry.ts';
import { call, deepFreeze, Story } from '../testing/story.ts';
import { decide } from './decide.ts';
import { headOf } from './head.ts';
import { head as headSchema } from '../contract/head.ts';
import { wakeAt } from './next.ts';

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
const runs = { numRuns: 1_000 };

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

/** The ids of calls in the order in which they may run: as they were asked for, or approved. */
function releasedInOrder({ log }: Story): string[] {
  const guarded = new Set(
    log.flatMap((e) => (e.kind === 'call.awaiting_approval' ? e.call_id : [])),
  );
  return log.flatMap((entry) => {
    if (entry.kind === 'call.approved') return entry.call_id;
    return entry.kind === 'call.requested' && !guarded.has(entry.call_id) ? entry.call_id : [];
  });
}

const always = (check: (story: Story) => void) =>
  fc.assert(
    fc.property(life, (happenings) => void live(happenings, check)),
    runs,
  );
const inTheEnd = (check: (story: Story) => void) =>
  fc.assert(
    fc.property(life, (happenings) => check(live(happenings))),
    runs,
  );

describe('in any conversation', () => {
  test('R1: no reply starts before the one before it is over', () => {
    inTheEnd(({ log }) => {
      let open = 0;
      for (const { kind } of log) {
        if (kind === 'reply.started') open++;
        if (['reply.completed', 'reply.interrupted', 'reply.failed'].includes(kind)) open--;
        expect(open === 0 || open === 1).toBe(true);
      }
    });
  });

  test('R2: a message that may interrupt is never left waiting behind a reply that began before it', () => {
    inTheEnd(({ log }) => {
      for (const [i, entry] of log.entries()) {
        if (
          entry.kind !== 'message.user' ||
          entry.when_busy === 'queue' ||
          entry.when_busy === 'reject'
        )
          continue;
        const next = log.slice(i + 1).find(({ kind }) => kind.startsWith('reply.'));
        if (next) expect(['reply.interrupted', 'reply.started']).toContain(next.kind);
      }
    });
  });

  test('R2: every message is answered by a reply that has it among its causes, unless the conversation closed or it still waits', () => {
    inTheEnd(({ log, state }) => {
      const answered = new Set(
        log.flatMap((entry) => (entry.kind === 'reply.started' ? entry.cause : [])),
      );
      const waiting = new Set(state.unanswered.map(({ seq }) => seq));
      for (const { kind, seq } of log) {
        if (kind === 'message.user') expect(answered.has(seq) || waiting.has(seq)).toBe(true);
      }
      if (!state.closed && state.turn.phase === 'idle') expect(waiting.size).toBe(0);
    });
  });

  test('R3: no call starts that was asked for before the last message, or within the settle time after it', () => {
    inTheEnd(({ log, state }) => {
      const requested = new Map<string, number>();
      const released = new Set<string>();
      let message: { seq: number; at: number } | undefined;
      for (const entry of log) {
        if (entry.kind === 'message.user') message = { seq: entry.seq, at: Date.parse(entry.at) };
        if (entry.kind === 'call.requested') requested.set(entry.call_id, entry.seq);
        if (
          entry.kind !== 'call.awaiting_approval' &&
          entry.kind !== 'call.queued' &&
          entry.kind !== 'call.started'
        )
          continue;
        if (released.has(entry.call_id)) continue;
        released.add(entry.call_id);
        expect(requested.get(entry.call_id)!).toBeGreaterThan(message?.seq ?? 0);
        expect(Date.parse(entry.at) - message!.at).toBeGreaterThanOrEqual(state.limits.settle_ms);
      }
    });
  });

  test('R4: the news of a reply is told decisions first, then ends, then results, then progress', () => {
    inTheEnd((story) => {
      const { log } = story;
      const bySeq = new Map(log.map((entry) => [entry.seq, entry]));
      const rank = (seq: number) => {
        const entry = bySeq.get(seq)!;
        if (entry.kind === 'call.denied') return -1;
        return entry.kind !== 'call.event' ? 0 : entry.event === 'result' ? 1 : 2;
      };
      for (const { request } of story.effectsOf('start_reply')) {
        const ranks = request.news.map(rank);
        expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
      }
    });
  });

  test('R5: silent news alone never starts a turn', () => {
    inTheEnd(({ log }) => {
      const bySeq = new Map(log.map((entry) => [entry.seq, entry]));
      // Of a managed call the flow goes on, whatever the schedule of its results.
      const managed = new Set(
        log.flatMap((e) => (e.kind === 'call.requested' && e.awaits ? e.call_id : [])),
      );
      const isAudible = (cause: (typeof log)[number]) =>
        cause.kind !== 'call.event' || cause.schedule !== 'silent' || managed.has(cause.call_id);
      for (const entry of log) {
        if (entry.kind !== 'reply.started' || entry.because !== 'news') continue;
        expect(entry.cause.some((seq) => isAudible(bySeq.get(seq)!))).toBe(true);
      }
    });
  });

  test('R5: no news is lost: each has one receipt, or a reply is telling it, or it waits', () => {
    always((story) => {
      const { log, state } = story;
      const cancels = story.all('call.requested').filter(({ tool }) => tool === 'cancel_call');
      const control = new Set(cancels.map(({ call_id }) => call_id));
      const receipts = log.flatMap((entry) => (entry.kind === 'receipt' ? entry.of : []));
      const telling = state.turn.phase === 'replying' ? state.turn.reply.tells : [];
      const pending = [...telling, ...state.news, ...(state.held ?? [])].map(({ seq }) => seq);
      const places = [...receipts, ...pending];
      expect(new Set(places).size).toBe(places.length);
      for (const entry of log) {
        const isNews =
          entry.kind === 'call.event' ||
          entry.kind === 'call.failed' ||
          entry.kind === 'call.denied' ||
          (entry.kind === 'call.completed' && !control.has(entry.call_id));
        if (isNews) expect(places).toContain(entry.seq);
      }
    });
  });

  test('R6: news that is due is not left lying while nobody speaks', () => {
    always((story) => {
      const { state, now, wakeAt } = story;
      if (state.closed || state.turn.phase !== 'idle' || state.hushed) return;
      const audible = state.news.filter(({ schedule }) => schedule !== 'silent');
      if (audible.length === 0) return;
      expect(wakeAt).toBeGreaterThan(now);
      expect(wakeAt).toBeLessThanOrEqual(audible[0]!.at + state.limits.quiet_max_ms);
    });
  });

  test('R8: of each call the numbers of the events rise, and a message id occurs once', () => {
    inTheEnd((story) => {
      const last = new Map<string, number>();
      for (const { call_id, n } of story.all('call.event')) {
        expect(n).toBeGreaterThan(last.get(call_id) ?? 0);
        last.set(call_id, n);
      }
      const ids = story.all('message.user').map(({ message_id }) => message_id);
      expect(new Set(ids).size).toBe(ids.length);
    });
  });

  test('R9: no more calls run than may, none queues while there is room, and the queue is in order', () => {
    always((story) => {
      const { calls, limits } = story.state;
      const running = calls.filter(({ status }) => status === 'running');
      const queued = calls.filter(({ status }) => status === 'queued');
      expect(running.length).toBeLessThanOrEqual(limits.max_running);
      if (queued.length > 0) expect(running.length).toBe(limits.max_running);
      const started = story.all('call.started').map(({ call_id }) => call_id);
      const released = releasedInOrder(story).filter((id) => started.includes(id));
      expect(started).toEqual(released);
    });
  });

  test('R11: a turn never leads to more replies than allowed', () => {
    inTheEnd(({ log, state }) => {
      let inTurn = 0;
      for (const entry of log) {
        if (entry.kind !== 'reply.started') continue;
        inTurn = entry.because === 'results' ? inTurn + 1 : 1;
        expect(inTurn).toBeLessThanOrEqual(state.limits.max_replies_per_turn);
      }
    });
  });

  test('R13: every call asked for is open, or has exactly one end', () => {
    always((story) => {
      const ends = [
        'call.completed',
        'call.failed',
        'call.cancelled',
        'call.denied',
        'call.dropped',
      ];
      const open = new Set(story.state.calls.map(({ id }) => id));
      for (const { call_id } of story.all('call.requested')) {
        const ended = story.log.filter(
          (entry) => ends.includes(entry.kind) && 'call_id' in entry && entry.call_id === call_id,
        );
        expect(ended.length).toBe(open.has(call_id) ? 0 : 1);
      }
    });
  });

  test('R10: no call of a tool that minds duplicates runs beside an identical one, unless a person agreed', () => {
    always((story) => {
      const { calls } = story.state;
      const approved = new Set(story.all('call.approved').map(({ call_id }) => call_id));
      const requests = new Map(story.all('call.requested').map((entry) => [entry.call_id, entry]));
      const same = (a: string, b: string) =>
        JSON.stringify(requests.get(a)?.input) === JSON.stringify(requests.get(b)?.input);
      const minding = calls.filter(
        (call) => (call.status === 'running' || call.status === 'queued') && minds(call),
      );
      for (const call of minding) {
        const before = minding.filter(
          ({ id, requested }) => requested < call.requested && same(id, call.id),
        );
        if (before.length > 0) expect(approved).toContain(call.id);
      }
      function minds(call: (typeof calls)[number]) {
        return 'request' in call ? call.request.duplicates !== undefined : call.input !== undefined;
      }
    });
  });

  test('no call that awaited approval runs without a yes, and none with one that came too late', () => {
    inTheEnd((story) => {
      const asked = new Map(story.all('call.awaiting_approval').map((e) => [e.call_id, e]));
      const approved = new Map(story.all('call.approved').map((e) => [e.call_id, e]));
      expect(approved.size).toBe(story.all('call.approved').length);
      for (const { call_id, at } of approved.values()) {
        expect(Date.parse(at)).toBeLessThan(Date.parse(asked.get(call_id)!.expires_at));
      }
      for (const { call_id, seq } of story.all('call.started')) {
        if (asked.has(call_id)) expect(approved.get(call_id)!.seq).toBeLessThan(seq);
      }
    });
  });

  test('an approval that nobody gives is denied at its time, neither sooner nor later', () => {
    always((story) => {
      const asked = new Map(story.all('call.awaiting_approval').map((e) => [e.call_id, e]));
      for (const call of story.state.calls) {
        if (call.status !== 'awaiting_approval') continue;
        expect(story.now).toBeLessThan(call.expires_at);
        expect(story.wakeAt).toBeLessThanOrEqual(call.expires_at);
      }
      for (const { call_id, at, actor } of story.all('call.denied')) {
        if (actor.type === 'system') expect(at).toBe(asked.get(call_id)!.expires_at);
        else expect(Date.parse(at)).toBeLessThan(Date.parse(asked.get(call_id)!.expires_at));
      }
    });
  });

  test('whoever waits for a person holds up nobody: a wait of its own never delays what a turn waits for', () => {
    always((story) => {
      const { state } = story;
      const without = structuredClone(state);
      without.calls = without.calls.filter(({ status }) => status !== 'awaiting_approval');
      const due = wakeAt(without);
      if (due !== undefined) expect(story.wakeAt).toBeLessThanOrEqual(due);
    });
  });

  test('R14: entries are numbered without gaps, fit their schema, and are caused by what came before', () => {
    inTheEnd(({ log }) => {
      for (const [i, entry] of log.entries()) {
        expect(entry.seq).toBe(i + 1);
        expect(() => entrySchema.parse(entry)).not.toThrow();
        for (const cause of entry.cause) expect(cause).toBeLessThan(entry.seq);
        if (entry.kind === 'reply.started') expect(entry.cause).not.toEqual([]);
      }
    });
  });

  test('R15: nothing follows the close, nothing is left open, and the state survives JSON at any moment', () => {
    always((story) => {
      const { state } = story;
      const closedAt = story.kinds.indexOf('conversation.closed');
      expect(closedAt === -1 || closedAt === story.log.length - 1).toBe(true);
      if (state.closed)
        expect([state.calls, state.news, state.held, story.wakeAt]).toEqual([
          [],
          [],
          undefined,
          undefined,
        ]);
      const copy = JSON.parse(JSON.stringify(state)) as typeof state;
      const event = { type: 'message', message_id: 'next', text: 'x', at: story.now } as const;
      expect(decide(deepFreeze(copy), event)).toEqual(decide(deepFreeze(state), event));
      expect(() => headSchema.parse(headOf(state))).not.toThrow();
    });
  });

  test('every call that starts was told to start once, and every running call that is cancelled is told to stop', () => {
    inTheEnd((story) => {
      const told = story.effectsOf('start_call').map(({ call: { call_id } }) => call_id);
      expect(told).toEqual(story.all('call.started').map(({ call_id }) => call_id));
      const stopped = new Set(story.effectsOf('cancel_call').map(({ call_id }) => call_id));
      for (const { call_id, by } of story.all('call.cancelled')) {
        expect(stopped.has(call_id)).toBe(told.includes(call_id) && by !== 'operator');
      }
    });
  });
});
