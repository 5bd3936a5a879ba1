/** The log obeys the rules, and a reader ends with exactly that log, whatever is recorded and whenever the reader looks. */
import { isDeepStrictEqual } from 'node:util';
import { PGlite } from '@electric-sql/pglite';
import fc from 'fast-check';
import { PGliteDialect } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compareFences, type Fence, fenceAbove } from '../contract/batch.ts';
import type { Entry } from '../contract/entry.ts';
import type { ConversationKey } from '../contract/names.ts';
import { storeOn } from './open.ts';
import { batch, messages, someone } from '../test/store/samples.ts';
import type { Store } from './store.ts';

let store: Store;

beforeAll(async () => {
  store = await storeOn(new PGliteDialect({ pglite: await PGlite.create() }));
});
afterAll(() => store.close());

/** Fences and bases relative to the current log, so that every case occurs often. */
const recordStep = fc.record({
  type: fc.constant('record' as const),
  run: fc.constantFrom(-1, 0, 0, 0, 1),
  length: fc.constantFrom(-1, 0, 0, 1, 2),
  at: fc.constantFrom(-1, 0, 0, 1),
  committed: fc.constantFrom(false, false, true),
  /** How far before the end of the log; -1 leaves a gap. */
  back: fc.constantFrom(-1, 0, 0, 0, 1, 1, 2, 3, 4),
  // Few different texts: much is written again as it was.
  texts: fc.array(fc.constantFrom('a', 'b'), { maxLength: 4 }),
});
const readStep = fc.record({
  type: fc.constant('read' as const),
  reader: fc.constantFrom(0, 1, 2),
  limit: fc.integer({ min: 1, max: 4 }),
});

test('every log obeys the rules of the fence, and every reader ends with it', async () => {
  const steps = fc.array(fc.oneof({ weight: 2, arbitrary: recordStep }, readStep), {
    minLength: 1,
    maxLength: 25,
  });
  await fc.assert(
    fc.asyncProperty(steps, async (story) => {
      const conversation = someone();
      const model = createModel();
      const readers = [createReader(), createReader(), createReader()];
      for (const step of story) {
        if (step.type === 'read') {
          await readers[step.reader]!.look(conversation, step.limit);
          continue;
        }
        const base = Math.max(1, model.log.length + 1 - step.back);
        const entries = messages(base, ...step.texts);
        const run = Math.max(0, model.fence.run + step.run);
        const length = Math.max(0, model.fence.length + step.length);
        const at = Math.max(0, model.fence.at + step.at);
        const { committed } = step;
        const outcome = await store
          .record(batch(conversation, [run, length, at], base, entries), { committed })
          .then((recorded) => recorded.outcome)
          .catch(() => 'error' as const);
        expect(outcome).toBe(model.record({ run, length, at }, base, entries, committed));
        const held = await store.conversation(conversation);
        expect(held?.last_seq ?? 0).toBe(model.log.length);
        expect(held?.revision ?? 0).toBe(model.revision);
      }

      const last = model.log.length;
      expect(await store.window(conversation, { from: 1, to: last })).toEqual(model.log);
      for (const reader of readers) {
        // The first look rewinds, each further one brings at least one entry.
        for (let looks = 0; looks <= last; looks++) await reader.look(conversation, 1);
        expect(reader.log).toEqual(model.log);
      }
    }),
    { numRuns: 300 },
  );
}, 120_000);

/** The simplest implementation of the rules. */
function createModel() {
  const model = {
    log: [] as Entry[],
    revision: 0,
    fence: { run: 0, length: 0, at: 0 },
    record(given: Fence, base: number, entries: Entry[], committed: boolean) {
      const fence = committed ? fenceAbove(model.fence, given) : given;
      const order = compareFences(fence, model.fence);
      if (order < 0) return 'refused';
      if (base > model.log.length + 1) return 'error';
      const standing = model.log.slice(base - 1);
      const again = isDeepStrictEqual(standing.slice(0, entries.length), entries);
      if ((order === 0 || committed) && standing.length > 0 && again) {
        model.fence = fence;
        return 'recorded';
      }
      const kept = isDeepStrictEqual(entries.slice(0, standing.length), standing);
      model.log = [...model.log.slice(0, base - 1), ...entries];
      model.fence = fence;
      if (!kept) model.revision += 1;
      return 'recorded';
    },
  };
  return model;
}

/** Behaves like a client of the stream: keeps what it is given and forgets only what it is told to. */
function createReader() {
  const reader = {
    log: [] as Entry[],
    revision: 0,
    async look(conversation: ConversationKey, limit: number) {
      const position = { after: reader.log.length, revision: reader.revision, limit };
      const followed = await store.follow(conversation, position);
      if (!followed) return;
      if (followed.rewind !== undefined) reader.log.length = followed.rewind;
      reader.log.push(...followed.entries);
      reader.revision = followed.revision;
      expect(reader.log.map((entry) => entry.seq)).toEqual(reader.log.map((_, i) => i + 1));
    },
  };
  return reader;
}
