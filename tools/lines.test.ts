import { Readable } from 'node:stream';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { lineStream } from './lines.ts';

async function lines(chunks: (string | Buffer)[], longest?: number): Promise<string[]> {
  const bytes = chunks.map((chunk) => Buffer.from(chunk));
  return Readable.from(bytes).pipe(lineStream(longest)).toArray();
}

test.each([
  ['line feeds', ['one\ntwo\n'], ['one', 'two']],
  [
    'both kinds of line end, even across chunks',
    ['one\r', '\ntwo\r\nthree'],
    ['one', 'two', 'three'],
  ],
  [
    'a progress bar that only returns the carriage',
    [' 10%\r 20%\r', ' 30%\n'],
    [' 10%', ' 20%', ' 30%'],
  ],
  ['a last line without an end', ['one\ntw', 'o'], ['one', 'two']],
  ['nothing from nothing', ['', '\n', '\r\n\n'], []],
  ['colours removed', ['\u001B[32mok\u001B[0m\u001B[K\n'], ['ok']],
  ['control characters removed, tabs kept', ['a\0b\u0007\tc\n'], ['ab\tc']],
])('reads %s', async (_, chunks, expected) => {
  expect(await lines(chunks)).toEqual(expected);
});

test('a character that is cut between two chunks is whole again', async () => {
  const bytes = Buffer.from('größe 🎉\n');
  expect(await lines([...bytes].map((byte) => Buffer.from([byte])))).toEqual(['größe 🎉']);
});

test('invalid UTF-8 is replaced, not thrown', async () => {
  expect(await lines([Buffer.from([0x61, 0xff, 0xfe, 0x62, 0x0a, 0xc3])])).toEqual([
    'a\uFFFD\uFFFDb',
    '\uFFFD',
  ]);
});

test('a long line is cut, however it arrives, and the next one is whole', async () => {
  expect(await lines(['abcdefgh\nnext\n'], 5)).toEqual(['abcde…', 'next']);
  expect(await lines(['abc', 'def', 'gh', '\nnext\n'], 5)).toEqual(['abcde…', 'next']);
  expect(await lines(['abcde', '\n', 'next'], 5)).toEqual(['abcde', 'next']);
});

test('how the bytes are cut into chunks changes nothing', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom('a', 'bc', '\n', '\r', 'ü', '🎉', '          '), { maxLength: 60 }),
      fc.infiniteStream(fc.integer({ min: 1, max: 9 })),
      async (pieces, sizes) => {
        const bytes = Buffer.from(pieces.join(''));
        const chunks = [];
        for (let at = 0; at < bytes.length; at += chunks.at(-1)!.length) {
          chunks.push(bytes.subarray(at, at + sizes.next().value));
        }
        expect(await lines(chunks, 12)).toEqual(await lines([bytes], 12));
      },
    ),
  ));
