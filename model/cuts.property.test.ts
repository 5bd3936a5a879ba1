/** An answer has the same text and calls, however the network and the server cut it into pieces. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { allFixtures, type Fixture } from '../test/providers/fixtures.ts';
import { outcomeOf } from '../test/providers/play.ts';
import { createBounds } from './bounds.ts';
import { type CallPiece, assembleCalls } from './streamed-calls.ts';
import { createThoughtFilter } from './thoughts.ts';

/** The places of the cuts, as fractions of the whole. */
const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 });

function cutInto<T extends string | Uint8Array>(whole: T, at: number[]): T[] {
  const places = [0, ...at.map((part) => Math.floor(part * whole.length)), whole.length];
  places.sort((a, b) => a - b);
  return places.slice(1).map((place, nth) => whole.slice(places[nth], place) as T);
}

const fixtures = allFixtures();

function bytesOf({ chunks }: Fixture) {
  return new TextEncoder().encode(chunks.join(''));
}

/** A response as `fetch` would return it, with its bytes in these pieces. */
function responding({ status, headers }: Fixture, pieces: Uint8Array[]): typeof fetch {
  return async () => {
    const body = new ReadableStream({
      start(controller) {
        for (const piece of pieces) if (piece.length > 0) controller.enqueue(piece);
        controller.close();
      },
    });
    return new Response(body, { status, headers });
  };
}

test('the bytes of an answer may be cut anywhere, even inside a character', async () => {
  const heard = (fixture: Fixture, pieces: Uint8Array[]) =>
    outcomeOf(fixture, { baseURL: 'http://model.test/v1', fetch: responding(fixture, pieces) });
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...fixtures), cuts, async (fixture, at) => {
      const bytes = bytesOf(fixture);
      expect(await heard(fixture, cutInto(bytes, at))).toEqual(await heard(fixture, [bytes]));
    }),
    { numRuns: 1_000 },
  );
});

test('an answer may come byte by byte', async () => {
  for (const fixture of fixtures.filter(({ chunks }) => chunks.join('').length < 3_000)) {
    const bytes = bytesOf(fixture);
    const single = Array.from(bytes, (_, nth) => bytes.slice(nth, nth + 1));
    const baseURL = 'http://model.test/v1';
    const [one, all] = await Promise.all(
      [single, [bytes]].map((pieces) =>
        outcomeOf(fixture, { baseURL, fetch: responding(fixture, pieces) }),
      ),
    );
    expect(one, fixture.name).toEqual(all);
  }
});

const tools = ['look', 'find', 'note_down', 'note_'];

const call = fc.record({
  name: fc.constantFrom(...tools),
  arguments: fc
    .dictionary(
      fc.string({ maxLength: 5 }),
      fc.oneof(fc.string({ unit: 'grapheme' }), fc.integer(), fc.jsonValue({ maxDepth: 2 })),
      { minKeys: 1, maxKeys: 3 },
    )
    .map((fields) => JSON.stringify(fields)),
});

/** How servers identify the first piece of a call and the others. Each form has been seen in practice. */
const styles: Record<string, (nth: number, isFirst: boolean, name: string) => Partial<CallPiece>> =
  {
    'numbers, and an id and a name in the first piece': (index, isFirst, name) =>
      isFirst ? { index, id: `call_${index}`, name } : { index },
    'number 0 throughout': (nth, isFirst, name) =>
      isFirst ? { index: 0, id: `call_${nth}`, name } : { index: 0 },
    'ids with every piece, no numbers': (nth, isFirst, name) =>
      isFirst ? { id: `call_${nth}`, name } : { id: `call_${nth}` },
    'everything with every piece': (index, _isFirst, name) => ({
      index,
      id: `call_${index}`,
      name,
    }),
    'number 0 and the name throughout, no ids': (_nth, _isFirst, name) => ({ index: 0, name }),
    'a name in the first piece, nothing else': (_nth, isFirst, name) => (isFirst ? { name } : {}),
    'numbers and names, empty ids': (index, isFirst, name) => ({
      index,
      id: '',
      name: isFirst ? name : '',
    }),
    'the same id for all, numbers': (index, isFirst, name) =>
      isFirst ? { index, id: 'call', name } : { index, id: 'call' },
  };

test.each(Object.keys(styles))('the arguments of calls may be cut anywhere: %s', (style) => {
  fc.assert(
    fc.property(fc.array(fc.tuple(call, cuts), { minLength: 1, maxLength: 4 }), (calls) => {
      let chunk = 0;
      const pieces = calls.flatMap(([{ name, arguments: text }, at], nth) =>
        // An empty piece would only be a question where a call begins.
        cutInto(text, at)
          .filter((piece) => piece !== '')
          .map((piece, part) => ({
            ...styles[style]!(nth, part === 0, name),
            arguments: piece,
            chunk: (chunk += 1),
          })),
      );
      const assembled = assembleCalls(pieces, new Set(tools));
      expect(assembled.map(({ rest: _rest, ...each }) => each)).toEqual(
        calls.map(([each]) => each),
      );
    }),
    { numRuns: 500 },
  );
});

test('the pieces of numbered calls may be interleaved', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(call, cuts), { minLength: 2, maxLength: 4 }),
      fc.infiniteStream(fc.nat()),
      (calls, choices) => {
        const queues = calls.map(([{ name, arguments: text }, at], index) => [
          { index, id: `call_${index}`, name, arguments: '' },
          ...cutInto(text, at).map((piece) => ({ index, arguments: piece })),
        ]);
        const pieces: CallPiece[] = queues.map((queue, chunk) => ({ ...queue.shift()!, chunk }));
        while (queues.some((queue) => queue.length > 0)) {
          const left = queues.filter((queue) => queue.length > 0);
          const queue = left[choices.next().value! % left.length]!;
          pieces.push({ ...queue.shift()!, chunk: pieces.length });
        }
        const assembled = assembleCalls(pieces, new Set(tools));
        expect(assembled.map(({ rest: _rest, ...each }) => each)).toEqual(
          calls.map(([each]) => each),
        );
      },
    ),
    { numRuns: 500 },
  );
});

const thinking = fc.record({
  before: fc.constantFrom('', '\n', '  \n'),
  tag: fc.constantFrom('think', 'Thinking', 'thought', 'seed:think', ''),
  thought: fc.string().filter((text) => !/<\//.test(text)),
  said: fc
    .oneof(fc.string({ unit: 'grapheme' }), fc.constant('Between <think> and </think> it stands.'))
    .filter((text) => !/^\s*[<[◁]/.test(text)),
});

test('an answer that begins with its thoughts may be cut anywhere', () => {
  fc.assert(
    fc.property(thinking, cuts, ({ before, tag, thought, said }, at) => {
      const block = tag === '' ? '' : `${before}<${tag}>${thought}</${tag}>\n\n`;
      const filter = createThoughtFilter();
      const heard = cutInto(block + said, at).map((piece) => filter.add(piece).said);
      expect((heard.join('') + filter.end().said).trim()).toBe(said.trim());
    }),
    { numRuns: 2_000 },
  );
});

const blanks = fc.array(
  fc.oneof(
    fc.constantFrom('word', 'a ', '.'),
    fc.nat({ max: 1_200 }).map((count) => '\n'.repeat(count)),
  ),
  { maxLength: 8 },
);

test('the bounds of an answer do not depend on where it is cut', () => {
  const heard = (pieces: string[]) => {
    const bounds = createBounds(1_000);
    try {
      return pieces.map((piece) => bounds.words(piece)).join('');
    } catch (error) {
      return String(error);
    }
  };
  fc.assert(
    fc.property(blanks, cuts, (parts, at) => {
      const whole = parts.join('');
      expect(heard(cutInto(whole, at))).toBe(heard([whole]));
    }),
    { numRuns: 1_000 },
  );
});
