import { describe, expect, test } from 'vitest';
import { callContext } from '../../test/kit/call-context.ts';
import readResult from './read-result.ts';

/** The model's answer to its input, in a conversation with this one result. */
async function read(result: unknown, input: object): Promise<any> {
  const context = callContext({
    storedResult: async (callId, n) => (callId === 'call_a' && n === 'end' ? result : undefined),
  });
  return readResult.run(readResult.input.parse({ call_id: 'call_a', ...input }), context);
}

const letters = 'abcdefghijklmnopqrstuvwxyz'.repeat(1_000);

describe('a part', () => {
  test('is the beginning by default, and says where to continue', async () => {
    expect(await read(letters, {})).toEqual({
      offset: 0,
      text: letters.slice(0, 4_000),
      total: 26_000,
      next_offset: 4_000,
    });
  });

  test('is the range that was requested', async () => {
    expect(await read(letters, { offset: 26, length: 3 })).toEqual({
      offset: 26,
      text: 'abc',
      total: 26_000,
      next_offset: 29,
    });
  });

  test('at the end says that there is no more', async () => {
    const { text, next_offset } = await read(letters, { offset: 25_990, length: 8_000 });
    expect([text, next_offset]).toEqual([letters.slice(25_990), undefined]);
  });

  test('of a value that is not text is a part of its JSON', async () => {
    expect(await read({ rows: [1, 2, 3] }, { offset: 1, length: 6 })).toMatchObject({
      text: '"rows"',
      total: 16,
    });
  });

  test.each([1, 2, 3, 7])(
    'and the next ones of %i characters are the whole, and no character is cut in two',
    async (length) => {
      const text = 'a😀é日😀😀b'.repeat(20);
      const parts: string[] = [];
      for (let offset: number | undefined = 0; offset !== undefined;) {
        const part = await read(text, { offset, length });
        parts.push(part.text);
        offset = part.next_offset;
      }
      expect(parts.join('')).toBe(text);
      expect(parts.every((part) => part.isWellFormed() && part !== '')).toBe(true);
    },
  );

  test('requested from inside a character begins after it', async () => {
    expect(await read('😀b'.repeat(9), { offset: 1, length: 1 })).toMatchObject({
      offset: 2,
      text: 'b',
    });
  });

  test('is never larger than the limit for a model', () => {
    const parsed = readResult.input.safeParse({ call_id: 'call_a', length: 8_001 });
    expect(parsed.success).toBe(false);
  });
});

describe('a search', () => {
  const log = Array.from(
    { length: 2_000 },
    (_, i) => `line ${i} ${i % 100 === 7 ? 'ERROR' : 'ok'}`,
  );
  const text = log.join('\n');

  test('finds every match in turn, each with its surrounding text', async () => {
    const found: string[] = [];
    for (let offset: number | undefined = 0; offset !== undefined;) {
      const { places, next_offset, total } = await read(text, { find: 'error', offset });
      expect(places.length).toBeLessThanOrEqual(10);
      expect(total).toBe(text.length);
      for (const place of places) {
        expect(text.slice(place.offset, place.offset + 5)).toBe('ERROR');
        expect(text).toContain(place.text);
        expect(place.text.length).toBeLessThanOrEqual(405);
        found.push(/line (\d+) ERROR/.exec(text.slice(place.offset - 15, place.offset + 5))![1]!);
      }
      offset = next_offset;
    }
    expect(found).toEqual(Array.from({ length: 20 }, (_, i) => String(i * 100 + 7)));
  });

  test('takes its text literally, even if it has the syntax of a pattern', async () => {
    const { places } = await read('a.*b(c) [x]{2} a-b $^|/\\ end', {
      find: '.*b(c) [x]{2} a-b $^|/\\',
    });
    expect(places).toEqual([{ offset: 1, text: 'a.*b(c) [x]{2} a-b $^|/\\ end' }]);
  });

  test('that finds nothing says so', async () => {
    expect(await read(text, { find: 'panic' })).toEqual({ places: [], total: text.length });
  });

  test('splits no character', async () => {
    const { places } = await read(`${'😀'.repeat(500)}x${'😀'.repeat(500)}`, { find: 'x' });
    expect(places[0].text.isWellFormed()).toBe(true);
  });
});

describe('the model is told that', () => {
  test.each([
    [
      'there is no such call',
      { call_id: 'call_x' },
      'NoSuchResult',
      /no stored result end of call_x/,
    ],
    ['there is no such result', { n: 3 }, 'NoSuchResult', /no stored result 3 of call_a/],
    [
      'the result ends before the offset',
      { offset: 26_000 },
      'BeyondTheEnd',
      /has 26000 characters: the offset 26000/,
    ],
    [
      'the result ends before the offset of the search',
      { offset: 30_000, find: 'a' },
      'BeyondTheEnd',
      /26000/,
    ],
  ])('%s', async (_, input, name, message) => {
    await expect(read(letters, input)).rejects.toMatchObject({
      name,
      message: expect.stringMatching(message),
    });
  });
});
