/** Random lives of managed calls, audited from the log and the requests alone. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Entry } from '../contract/entry.ts';
import { call, Story } from '../test/kit/story.ts';

/** What can happen; numbers choose among the calls there are. */
const happening = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('model' as const),
      text: fc.constantFrom('', 'Ok.'),
      /** For each call, the number of results its flow waits for. 0: until it ends; undefined: it is not managed. */
      calls: fc.array(fc.constantFrom(1, 2, 2, 3, 0, undefined), { maxLength: 2 }),
    }),
  },
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant('event' as const),
      call: fc.nat(9),
      isResult: fc.boolean(),
      schedule: fc.constantFrom('silent' as const, 'when_idle' as const, 'interrupt' as const),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('end' as const),
      call: fc.nat(9),
      type: fc.constantFrom('completed' as const, 'failed' as const, 'cancelled' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel' as const), call: fc.nat(9) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('say' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('be quiet' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('model fails' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('continue as new' as const) }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.constantFrom(1, 200, 250, 2_000),
    }),
  },
);
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;

const life = fc.array(happening, { minLength: 5, maxLength: 60, size: 'max' });
const runs = { numRuns: 1_000 };

function play(story: Story, what: Happening): void {
  const replying = story.state.turn.phase === 'replying';
  const open = story.state.calls.map(({ id }) => id);
  const pick = (n: number) => open[n % Math.max(1, open.length)] ?? 'call_none';
  switch (what.do) {
    case 'model': {
      if (!replying) return;
      const known = story.all('call.requested').length;
      const asked = what.calls.map((results, nth) => {
        const awaits = { awaits: 'managed', ...(results && { results }) } as const;
        return call(`call_${known + nth}`, results === undefined ? {} : awaits);
      });
      return void story.model(what.text, ...asked);
    }
    case 'event': {
      const id = pick(what.call);
      const n = eventsOf(story, id).length + 1;
      const { schedule } = what;
      const wanted = story.all('call.requested').find(({ call_id }) => call_id === id)?.results;
      const given = eventsOf(story, id).filter(({ event }) => event === 'result').length;
      // A tool that gives more than it has declared fails instead.
      if (!what.isResult || given === wanted) story.progress(id, n, n, { schedule });
      else story.progress(id, n, n, { schedule, event: 'result', data: n });
      return;
    }
    case 'end':
      return void story.ends(
        pick(what.call),
        what.type === 'completed'
          ? { type: 'completed', result: 1 }
          : what.type === 'failed'
            ? { type: 'failed', error: { type: 'X', message: 'x' } }
            : { type: 'cancelled' },
      );
    case 'cancel':
      return void story.happens({ type: 'cancel_call', call_id: pick(what.call) });
    case 'say':
      return void story.user('…');
    case 'be quiet':
      return void story.interrupt({ scope: 'reply' });
    case 'model fails':
      return void (replying && story.modelFails());
    case 'continue as new':
      story.state = JSON.parse(JSON.stringify(story.state));
      return;
    case 'wait':
      return void story.pass(what.ms);
  }
}

const eventsOf = (story: Story, id: string) =>
  story.all('call.event').filter(({ call_id }) => call_id === id);

interface Flow {
  id: string;
  /** Seqs of what came before it went on, and with it. */
  parts: number[];
  /** Seq of the entry with which it went on. Undefined: it is suspended. */
  complete?: number;
}

const isOfUser = (entry: Entry) => entry.kind === 'call.cancelled' && entry.by !== 'operator';

/** Managed calls, reconstructed from the log alone. */
function flowsOf(log: Entry[]): Flow[] {
  const requests = log.filter((entry) => entry.kind === 'call.requested');
  return requests.flatMap(({ call_id, awaits, results: wanted }) => {
    if (awaits !== 'managed') return [];
    const flow: Flow = { id: call_id, parts: [] };
    let results = 0;
    for (const entry of log) {
      if (!('call_id' in entry) || entry.call_id !== call_id || flow.complete) continue;
      const isEnd = /^call\.(completed|failed|cancelled|denied|dropped)$/.test(entry.kind);
      if (entry.kind !== 'call.event' && !isEnd) continue;
      // What was cancelled or dropped is no news itself.
      const isNews = entry.kind !== 'call.dropped' && !isOfUser(entry);
      if (isNews) flow.parts.push(entry.seq);
      if (entry.kind === 'call.event' && entry.event === 'result') results += 1;
      if (isEnd || (results === wanted && entry.kind === 'call.event')) flow.complete = entry.seq;
    }
    return [flow];
  });
}

function live(happenings: Happening[]): Story {
  const story = new Story();
  story.user('go');
  for (const what of happenings) play(story, what);
  return story;
}

/** Plays on until nothing more is due, with a model that answers. */
function comeToRest(story: Story): void {
  do {
    if (story.state.turn.phase === 'replying') story.model('Ok.');
    story.pass(10_000);
  } while (story.state.turn.phase === 'replying');
}

const receiptsOf = (story: Story) => story.all('receipt').flatMap(({ of }) => of);

test('the results of a managed call are told only when all are in, and then in one reply', () => {
  fc.assert(
    fc.property(life, (happenings) => {
      const story = live(happenings);
      const flows = flowsOf(story.log);
      for (const { request } of story.effectsOf('start_reply')) {
        for (const { parts, complete } of flows) {
          const told = parts.filter((seq) => request.news.includes(seq));
          if (told.length === 0) continue;
          expect(complete).toBeLessThan(request.to);
          expect(told).toEqual(parts);
        }
      }
    }),
    runs,
  );
});

test('complete results are always told, each event has one receipt, and a suspended flow has none before its end', () => {
  fc.assert(
    fc.property(life, (happenings) => {
      const story = live(happenings);
      comeToRest(story);
      // News that was being told when the user interrupted, or when the model failed, waits for the user.
      const waits = happenings.some((what) => what.do === 'be quiet' || what.do === 'model fails');
      if (waits || story.state.hushed) story.user('And now?');
      comeToRest(story);
      const before = receiptsOf(story);
      for (const { parts, complete } of flowsOf(story.log)) {
        for (const seq of parts) expect(before.includes(seq)).toBe(complete !== undefined);
      }

      story.happens({ type: 'close' });
      story.happens({ type: 'settled' });
      const receipts = receiptsOf(story);
      expect(new Set(receipts).size).toBe(receipts.length);
      for (const { seq } of story.all('call.event')) expect(receipts).toContain(seq);
    }),
    runs,
  );
});

test('a suspended flow starts no reply', () => {
  fc.assert(
    fc.property(life, (happenings) => {
      const story = live(happenings);
      const flows = flowsOf(story.log);
      for (const { cause, seq } of story.all('reply.started')) {
        for (const { parts, complete = Infinity } of flows) {
          if (complete > seq) expect(parts.filter((part) => cause.includes(part))).toEqual([]);
        }
      }
    }),
    runs,
  );
});

test('the state and the log agree on every suspended flow', () => {
  fc.assert(
    fc.property(life, (happenings) => {
      const story = live(happenings);
      const held = (story.state.held ?? []).map(({ seq }) => seq);
      const open = new Set(story.state.calls.map(({ id }) => id));
      // After its flow has gone on, progress is held back to the end.
      const suspended = flowsOf(story.log).filter(({ complete }) => complete === undefined);
      for (const { id, parts } of suspended) {
        expect(open).toContain(id);
        for (const seq of parts) expect(held).toContain(seq);
      }
      for (const { call_id } of story.state.held ?? []) expect(open).toContain(call_id);
    }),
    runs,
  );
});
