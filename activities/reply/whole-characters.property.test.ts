import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createLiveText } from '../../stream/live.ts';
import { createDraftWriter } from './draft-writer.ts';
import { wholeCharacters } from './whole-characters.ts';

/** Well-formed text with many surrogate pairs. */
const prose = fc
  .array(fc.constantFrom('a', ' ', 'é', '😀', '👩‍👩‍👧', '𝒳', '中', '\uFFFD'), { maxLength: 30 })
  .map((characters) => characters.join(''));
/** Any sequence of UTF-16 units. */
const units = fc
  .array(fc.constantFrom('a', '\ud83d', '\ude00', '\udbff', '\udc00', '\0'), { maxLength: 20 })
  .map((all) => all.join(''));

/** The text, cut at any places between two UTF-16 units. */
const cutAnywhere = (text: fc.Arbitrary<string>) =>
  text.chain((whole) =>
    fc.record({
      whole: fc.constant(whole),
      pieces: fc
        .uniqueArray(fc.nat(whole.length))
        .map((places) => [0, ...places.toSorted((a, b) => a - b), whole.length])
        .map((places) => places.slice(1).map((to, nth) => whole.slice(places[nth], to))),
    }),
  );

test('pieces are well-formed however the text is cut, and join to the same text', () => {
  fc.assert(
    fc.property(cutAnywhere(prose), ({ whole, pieces }) => {
      const characters = wholeCharacters();
      const given = [...pieces.map(characters.add), characters.end()];
      expect(given.every((piece) => piece.isWellFormed())).toBe(true);
      expect(given.join('')).toBe(whole);
    }),
  );
});

test('a text that is not well-formed gives the same result however it is cut', () => {
  fc.assert(
    fc.property(cutAnywhere(units), ({ whole, pieces }) => {
      const characters = wholeCharacters();
      const given = [...pieces.map(characters.add), characters.end()];
      expect(given.every((piece) => piece.isWellFormed())).toBe(true);
      expect(given.join('')).toBe(whole.replaceAll('\0', '\uFFFD').toWellFormed());
    }),
  );
});

test('every reader holds whole characters, wherever it starts and whatever interrupts', async () => {
  await fc.assert(
    fc.asyncProperty(
      cutAnywhere(prose),
      fc.nat(10),
      fc.nat(10),
      fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }),
      async ({ whole, pieces }, joinsAt, interruptedAt, slow) => {
        let stored = '';
        let writes = 0;
        const deltas: { offset: number; text: string }[] = [];
        const readers = [createLiveText(), createLiveText()];
        const held = readers.map(() => '');
        const writer = createDraftWriter(
          async (text, offset) => {
            if (slow[writes++ % slow.length]) await setImmediate();
            stored += text;
            deltas.push({ offset, text });
            const delta = { type: 'delta' as const, reply_id: 'reply_1', attempt: 1, offset, text };
            readers[0]!.receive(delta);
            if (deltas.length > joinsAt) readers[1]!.receive(delta);
          },
          (error) => {
            throw error;
          },
          0,
        );
        const read = () => {
          for (const [index, reader] of readers.entries()) {
            if (index === 1 && deltas.length < joinsAt) continue;
            if (reader.isDoubtful) {
              reader.reading();
              reader.drafted({ reply_id: 'reply_1', attempt: 1, text: stored });
            }
            const { length } = held[index]!;
            const delta = reader.lacking({ reply_id: 'reply_1', attempt: 1, length });
            if (!delta) continue;
            expect(delta.text.isWellFormed()).toBe(true);
            held[index] = held[index]!.slice(0, delta.offset) + delta.text;
            expect(held[index].isWellFormed()).toBe(true);
          }
        };
        const characters = wholeCharacters();
        for (const [index, piece] of pieces.entries()) {
          if (index === interruptedAt) break;
          const given = characters.add(piece);
          if (given !== '') writer.add(given);
          if (slow[index % slow.length]) await setImmediate();
          read();
        }
        await writer.finish();
        read();
        expect(deltas.every(({ text }) => text.isWellFormed())).toBe(true);
        expect(stored.isWellFormed()).toBe(true);
        expect(whole.startsWith(stored)).toBe(true);
        if (interruptedAt >= pieces.length) expect(stored).toBe(whole);
        expect(held[0]).toBe(stored);
        if (deltas.length >= joinsAt) expect(held[1]).toBe(stored);
      },
    ),
    { numRuns: 300 },
  );
});
