/**
 * Two processes write one log, and each reads it for its replies from its own copy. Tasks are retried with other decisions; a paused
 * process writes late; an operator resets the conversation; replies speak, and others interrupt them. If the reply's own write confirms
 * what the reply has read, and what it took the interrupted one to have said, then the store has exactly that.
 */
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Batch } from '../../contract/batch.ts';
import { withTexts } from '../../contract/cut-short.ts';
import type { Entry } from '../../contract/entry.ts';
import { createMemoryStore } from '../../test/kit/memory-store.ts';
import {
  batch,
  interrupted,
  message,
  replying,
  someone,
  started,
} from '../../test/store/samples.ts';
import type { RecordOptions } from '../../store/store.ts';
import { createKnownLogs } from '../log/known-logs.ts';
import { readLog } from './read-log.ts';
import { createSpokenTexts, type SpokenText } from './spoken-texts.ts';

type Act =
  /** A task decides, writes, and is committed or not; `late`: its write comes only when a later act lets it. */
  | {
      kind: 'task';
      process: number;
      entries: number;
      commits: boolean;
      late: boolean;
      cuts: boolean;
    }
  /** A reply begins, with a batch that rides on it. The batch begins with the last entries `again`, and may interrupt the reply before. */
  | { kind: 'reply'; process: number; from: number; again: number; cuts: boolean }
  | { kind: 'late' }
  /** The last reply says more; with `again`, after another attempt began. `lost`: the process has handed text to the store that never arrives. */
  | { kind: 'says'; process: number; again: boolean; lost: boolean }
  /** An operator's reset creates a run that keeps this share of the log. */
  | { kind: 'reset'; kept: number };

const process = fc.nat({ max: 1 });
const acts = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant('task' as const),
      process,
      entries: fc.integer({ min: 1, max: 3 }),
      commits: fc.boolean(),
      late: fc.boolean(),
      cuts: fc.boolean(),
    }),
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('reply' as const),
        process,
        from: fc.double({ min: 0, max: 1, noNaN: true }),
        again: fc.nat({ max: 2 }),
        cuts: fc.boolean(),
      }),
    },
    fc.record({ kind: fc.constant('late' as const) }),
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('says' as const),
        process,
        again: fc.boolean(),
        lost: fc.nat({ max: 3 }).map((nth) => nth === 0),
      }),
    },
    fc.record({
      kind: fc.constant('reset' as const),
      kept: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  ),
  { maxLength: 40 },
) as fc.Arbitrary<Act[]>;

const NOTHING = { known: 0, outdated: 0, foreseen: 0, heardElse: 0 };

async function play(all: Act[]): Promise<typeof NOTHING> {
  const store = createMemoryStore();
  const conversation = someone();
  const processes = [createKnownLogs(), createKnownLogs()];
  const texts = [createSpokenTexts(), createSpokenTexts()];
  /** The attempt at the last reply that speaks. */
  let speaks: { reply_id: string; attempt: number; run_id: string; spoken: SpokenText } | undefined;
  const late: (() => Promise<unknown>)[] = [];
  const counted = { ...NOTHING };
  /** What has been committed. */
  let log: Entry[] = [];
  let run = 'run_0';
  let length = 1;
  let words = 0;
  let replies = 0;

  const write = async (of: number, given: Batch, options?: RecordOptions, before?: Entry[]) => {
    const recorded = await store.record(given, options);
    const texts = recorded.outcome === 'recorded' ? recorded.said : {};
    processes[of]!.wrote({ ...given, entries: withTexts(given.entries, texts) }, recorded, before);
    return recorded;
  };
  /** The time of the next task; each attempt has a later one. */
  const nextBatch = (entries: Entry[], base = log.length + 1) => {
    const { fence, ...rest } = batch(conversation, [0, length], base, entries, replying(1));
    return { ...rest, fence: { ...fence, at: (words += 1), run_id: run } };
  };
  const said = (count: number) =>
    Array.from({ length: count }, (_, nth) =>
      message(log.length + 1 + nth, `word ${(words += 1)}`),
    );

  for (const act of all) {
    switch (act.kind) {
      case 'task': {
        const entries: Entry[] = said(act.entries);
        if (act.cuts && replies > 0)
          entries.push(interrupted(log.length + 1 + entries.length, replies));
        const given = nextBatch(entries);
        const writing = () => write(act.process, given);
        if (act.late && !act.commits) {
          late.push(writing);
          break;
        }
        const { outcome } = await writing();
        if (!act.commits || outcome !== 'recorded') break;
        log = await store.window(conversation, { from: 1, to: log.length + entries.length });
        length += 3;
        break;
      }
      case 'reply': {
        length += 3;
        const again = log.slice(log.length - Math.min(act.again, log.length));
        const entries: Entry[] = [...again, ...said(1)];
        const next = () => log.length - again.length + entries.length + 1;
        if (act.cuts && replies > 0) entries.push(interrupted(next(), replies));
        entries.push(started(next(), (replies += 1)));
        const given = nextBatch(entries, log.length + 1 - again.length);
        const from = 1 + Math.floor(act.from * (given.base - 1));
        const logs = processes[act.process]!;
        const foreseen = act.cuts ? texts[act.process]!.foresee(given, logs) : undefined;
        const reading = readLog(store, logs, {
          from,
          base: given.base,
          ...(foreseen && { foreseen }),
        });
        const isKnown = logs.find(conversation) !== undefined;
        const read = await reading.window(conversation, { from, to: given.base - 1 });
        const begins = { reply_id: `reply_${replies}`, attempt: 1, run_id: run };
        const written = await write(act.process, given, { begins }, reading.before());
        if (written.outcome !== 'recorded') break;
        const to = given.base - 1 + entries.length;
        const stand = withTexts(entries, written.said);
        if (reading.stands({ entries: stand, ...written })) {
          if (foreseen) {
            expect(foreseen).toEqual(await store.window(conversation, { from: given.base, to }));
            counted.foreseen += 1;
          }
          const stored = await store.window(conversation, { from, to: given.base - 1 });
          expect(read).toEqual(stored);
          if (isKnown) counted.known += 1;
        } else {
          counted.outdated += 1;
          if (foreseen && !isDeepStrictEqual(foreseen, stand)) counted.heardElse += 1;
        }
        if (await store.beginDraft(conversation, begins.reply_id, 1, run)) {
          const spoken = texts[act.process]!.begin(conversation, begins.reply_id);
          speaks = { ...begins, spoken };
        }
        const known = logs.find(conversation);
        if (known) {
          const first = known.entries[0]!.seq;
          expect(known.entries).toEqual(await store.window(conversation, { from: first, to }));
        }
        log = await store.window(conversation, { from: 1, to });
        break;
      }
      case 'says': {
        if (!speaks) break;
        const { reply_id, run_id } = speaks;
        if (act.again) {
          const attempt = speaks.attempt + 1;
          if (!(await store.beginDraft(conversation, reply_id, attempt, run_id))) break;
          const spoken = texts[act.process]!.begin(conversation, reply_id);
          speaks = { reply_id, attempt, run_id, spoken };
        }
        const { attempt, spoken } = speaks;
        const text = `piece ${(words += 1)} `;
        spoken.add(text);
        if (!act.lost) await store.appendDraft(conversation, { reply_id, attempt, run_id, text });
        break;
      }
      case 'late':
        await late.shift()?.();
        break;
      case 'reset': {
        const kept = Math.floor(act.kept * log.length);
        const base_runs = [run];
        run = `run_${(words += 1)}`;
        log = log.slice(0, kept);
        length = 1;
        const given = nextBatch(said(1));
        const { outcome } = await write(0, given, { committed: true, takes_over: { base_runs } });
        if (outcome === 'recorded') log = [...log, ...given.entries];
        length += 3;
      }
    }
  }
  return counted;
}

test('what a reply has read is what the store has, or its own write says that it is not', async () => {
  const counted = { ...NOTHING };
  await fc.assert(
    fc.asyncProperty(acts, async (all) => {
      const more = await play(all);
      for (const kind of Object.keys(more) as (keyof typeof NOTHING)[]) counted[kind] += more[kind];
    }),
    { numRuns: 2_000, seed: 1 },
  );
  // All cases have occurred often, or the property would show nothing.
  expect(counted.known).toBeGreaterThan(500);
  expect(counted.outdated).toBeGreaterThan(50);
  expect(counted.foreseen).toBeGreaterThan(500);
  expect(counted.heardElse).toBeGreaterThan(50);
});
