/** The rules about summaries hold in random conversations that pass their budget again and again. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Entry } from '../contract/entry.ts';
import { call, Story } from '../test/kit/story.ts';
import { KEPT_TURNS_AT_LEAST } from './summary.ts';

const BUDGET = 1_000;
const small = fc.nat(30);
const usage = { input_tokens: 10, output_tokens: 1 };

const happening = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('say' as const),
      when_busy: fc.constantFrom('interrupt' as const, 'queue' as const, 'rollback' as const),
    }),
  },
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constant('model' as const),
      tokens: fc.constantFrom(undefined, 500, 1_001, 1_300, 1_600, 2_001, 5_000),
      /** Tokens of each turn, as results from before sizes were counted do not have them. */
      ofTurn: fc.constantFrom(undefined, 50, 200, 600),
      calls: fc.array(fc.constantFrom('runs' as const, 'waits' as const), { maxLength: 2 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('model fails' as const),
      type: fc.constantFrom('ModelTimeout', 'ModelContextTooLong'),
      /** Tokens per turn of the refused window, if they were counted. */
      ofTurn: fc.constantFrom(undefined, 50, 200, 600),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('summary' as const), ago: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('no summary' as const), ago: fc.nat(2) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('event' as const),
      call: small,
      n: fc.integer({ min: 1, max: 9 }),
      schedule: fc.constantFrom('silent' as const, 'when_idle' as const, 'interrupt' as const),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('end' as const), call: small }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(3_000) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('be quiet' as const) }) },
);
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;

const life = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: happening },
    { weight: 1, arbitrary: fc.array(happening, { minLength: 2, maxLength: 3 }) },
  ),
  { minLength: 20, maxLength: 120, size: 'max' },
);

/** The tokens of each of the last turns. */
function sizesOf(story: Story, ofTurn: number | undefined, isSized: boolean) {
  if (ofTurn === undefined || !isSized) return undefined;
  const { length } = story.state.context!.turns;
  return { fixed: 100, turns: Array.from({ length }, (_, nth) => ofTurn * (length - nth)) };
}

function play(story: Story, what: Happening, isSized: boolean, isAlone = true): void {
  const ids = story.all('call.requested').map(({ call_id }) => call_id);
  const pick = (n: number) => ids[n % Math.max(1, ids.length)] ?? 'call_none';
  /** A summary that was asked for and has not ended as often: a range may be asked for again. */
  const ask = (ago: number) => {
    const all = story.effectsOf('summarise').map(({ range }) => range.to);
    const to = all.at(-1 - ago);
    const over = [...story.all('summary'), ...story.all('summary.failed')];
    const isOver =
      over.filter((entry) => entry.to === to).length >= all.filter((each) => each === to).length;
    // A repeat would be taken for the result of what is asked for together with it.
    const isRepeat = isAlone && over.at(-1)?.to === to;
    return isOver && !isRepeat ? undefined : to;
  };
  const { turn } = story.state;
  switch (what.do) {
    case 'say':
      return void story.user('…', { when_busy: what.when_busy });
    case 'model': {
      if (turn.phase !== 'replying') return;
      const calls = what.calls.map((type, nth) =>
        call(`call_${ids.length + nth}`, type === 'waits' ? { approval: { timeout_ms: 1e9 } } : {}),
      );
      const { tokens } = what;
      const sizes = sizesOf(story, what.ofTurn, isSized);
      const counted = tokens !== undefined && { tokens, ...(sizes && { sizes }) };
      const result = { text: 'Ok.', usage, calls, ...counted };
      return void story.happens({ type: 'reply_completed', reply_id: turn.reply.id, result });
    }
    case 'model fails': {
      if (turn.phase !== 'replying') return;
      const error = { type: what.type, message: 'No.' };
      const sizes = what.type === 'ModelContextTooLong' && sizesOf(story, what.ofTurn, isSized);
      const too_long = sizes ? { too_long: { ...sizes, tokens: 1_000, most: 700 } } : {};
      return void story.happens({
        type: 'reply_failed',
        reply_id: turn.reply.id,
        error,
        ...too_long,
      });
    }
    case 'summary': {
      const to = ask(what.ago);
      if (to === undefined) return;
      const result = { text: 'They talked.', usage };
      return void story.happens({ type: 'summary_completed', to, result });
    }
    case 'no summary': {
      const to = ask(what.ago);
      if (to === undefined) return;
      const error = { type: 'ModelUnavailable', message: 'Away.' };
      return void story.happens({ type: 'summary_failed', to, error });
    }
    case 'event': {
      const { schedule, n } = what;
      return void story.progress(pick(what.call), n, n * 10, { schedule });
    }
    case 'end':
      return void story.ends(pick(what.call));
    case 'wait':
      return void story.pass(what.ms);
    case 'be quiet':
      return void story.interrupt({ scope: 'reply' });
  }
}

/** Keeps only the first result of a summary: events that are heard together come before the next request of a summary. */
function oneResult(all: Happening[]): Happening[] {
  const isResult = (what: Happening) => what.do === 'summary' || what.do === 'no summary';
  const first = all.findIndex(isResult);
  return all.filter((what, nth) => !isResult(what) || nth === first);
}

/** Checks each effect once, with the log as it was when the effect was asked for. */
const always = (
  check: (story: Story, since: { entries: number; effects: number }) => void,
  isSized = true,
) =>
  fc.assert(
    fc.property(life, (happenings) => {
      const story = new Story({ context_tokens: BUDGET, quiet_ms: 0 });
      for (const what of happenings) {
        const since = { entries: story.log.length, effects: story.effects.length };
        if (Array.isArray(what)) {
          story.together(() =>
            oneResult(what).forEach((each) => play(story, each, isSized, false)),
          );
        } else play(story, what, isSized);
        check(story, since);
      }
    }),
    { numRuns: 1_000 },
  );

/** The last summary that the log had before this entry. */
const summaryBefore = (log: Entry[], seq: number) =>
  log.findLast((entry) => entry.kind === 'summary' && entry.seq < seq) as
    | (Entry & { kind: 'summary' })
    | undefined;

test('each summary begins where the previous one ended, and covers only entries before itself', () => {
  let summaries = 0;
  always(({ log }, { entries }) => {
    for (const entry of log.slice(entries)) {
      if (entry.kind !== 'summary') continue;
      summaries += 1;
      expect(entry.from).toBe((summaryBefore(log, entry.seq)?.to ?? 0) + 1);
      expect(entry.to).toBeGreaterThanOrEqual(entry.from);
      for (const cause of entry.cause) expect(cause).toBeLessThan(entry.seq);
      expect(entry.to).toBeLessThan(entry.seq);
    }
  });
  expect(summaries).toBeGreaterThan(500);
});

test('at most one summary is under way, and it continues from the last one', () => {
  let underWay: number | undefined;
  always((story, { entries, effects }) => {
    if (entries === 0) underWay = undefined;
    for (const entry of story.log.slice(entries)) {
      if (entry.kind !== 'summary' && entry.kind !== 'summary.failed') continue;
      expect(entry.to).toBe(underWay);
      underWay = undefined;
    }
    for (const effect of story.effects.slice(effects)) {
      if (effect.kind !== 'summarise') continue;
      expect(underWay).toBeUndefined();
      underWay = effect.range.to;
      const last = summaryBefore(story.log, Infinity);
      expect(effect.range.from).toBe((last?.to ?? 0) + 1);
      expect(effect.range.previous).toBe(last?.seq);
    }
    expect(story.state.context!.underWay?.to).toBe(underWay);
  });
});

test('the window holds every entry that no summary covers, and all that the reply answers and tells', () => {
  always(({ log, effects: all }, { effects }) => {
    for (const effect of all.slice(effects)) {
      if (effect.kind !== 'start_reply') continue;
      const { from, to, summary, news } = effect.request;
      const last = summaryBefore(log, to);
      expect([from, summary]).toEqual([(last?.to ?? 0) + 1, last?.seq]);
      const started = log[to - 1] as Entry & { kind: 'reply.started' };
      expect(started.reply_id).toBe(effect.request.reply_id);
      for (const seq of [...news, ...started.cause]) expect(seq).toBeGreaterThanOrEqual(from);
    }
  });
});

test('a summary after a reply whose turns were not measured leaves the last turns in full', () => {
  always(({ log, effects: all }, { effects }) => {
    for (const effect of all.slice(effects)) {
      if (effect.kind !== 'summarise') continue;
      const { to } = effect.range;
      const kept = log.filter((entry) => entry.kind === 'reply.started' && entry.seq > to);
      expect(kept.length).toBeGreaterThanOrEqual(KEPT_TURNS_AT_LEAST);
    }
  }, false);
});

test('a reply that will be retried waits only for a summary, and never loops', () => {
  let given = 0;
  always((story, { effects }) => {
    const { context, turn } = story.state;
    if (context!.again) {
      expect(context!.underWay).toBeDefined();
      expect(turn.phase).toBe('idle');
      // Only an approval may be due some day.
      expect(story.wakeAt ?? Infinity).toBeGreaterThan(story.now + 1e8);
    }
    given += story.effects
      .slice(effects)
      .filter(
        (effect) =>
          effect.kind === 'start_reply' && (effect.request.most_tokens ?? Infinity) < BUDGET,
      ).length;
  });
  expect(given).toBeGreaterThan(500);
});

test('no message of a refused reply is lost', () => {
  always((story) => {
    const { state } = story;
    if (state.turn.phase !== 'idle' || state.context!.again) return;
    expect(state.unanswered).toEqual([]);
  });
});

test('the window has the request of each open call, or names its entry', () => {
  always(({ log, effects: all }, { effects }) => {
    for (const effect of all.slice(effects)) {
      if (effect.kind !== 'start_reply') continue;
      const { from, calls } = effect.request;
      for (const { call_id, status, before = [] } of calls) {
        const needed = log.filter(
          (entry) =>
            entry.seq < from &&
            'call_id' in entry &&
            entry.call_id === call_id &&
            (entry.kind === 'call.requested' ||
              (entry.kind === 'call.awaiting_approval' && status === 'awaiting_approval')),
        );
        expect(before).toEqual(needed.map(({ seq }) => seq));
      }
    }
  });
});

test('the state about turns stays small and survives a JSON round trip', () => {
  always(({ state }) => {
    expect(state.context!.turns.length).toBeLessThanOrEqual(6);
    expect(JSON.parse(JSON.stringify(state))).toEqual(state);
  });
});
