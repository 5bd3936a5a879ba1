/** A program's output passes through the spool: a reader gets each line once, whatever the text and however it is split. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createOutputReader, type SpoolLine } from './read-output.ts';
import { createSegments, listSegments } from './segments.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'segments-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Lines with more than ASCII, with every kind of line ending. */
const output = fc.array(
  fc.tuple(
    fc
      .oneof(fc.string(), fc.string({ unit: 'grapheme' }))
      .map((text) => text.replaceAll(/\p{C}/gu, '.')),
    fc.constantFrom('\n', '\r', '\r\n', '\n\n'),
  ),
  { maxLength: 30 },
);

test('output read while it is written, in any pieces, gives the lines of the whole', async () => {
  await fc.assert(
    fc.asyncProperty(
      output,
      fc.array(fc.nat(40), { minLength: 1 }),
      fc.nat(),
      async (lines, cuts, maxBytes) => {
        const own = mkdtempSync(join(folder, 'run-'));
        const bytes = Buffer.from(lines.flat().join(''));
        // Large enough to keep the whole output, in segments of different sizes.
        const segments = createSegments(own, 16 * (bytes.length + 1 + (maxBytes % 64)));
        const reader = createOutputReader(own);
        const read: SpoolLine[] = [];
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const size = Math.max(1, cuts[i % cuts.length]!);
          segments.append(bytes.subarray(at, at + size));
          at += size;
          if (i % 3 === 0) read.push(...(await reader.read()));
        }
        read.push(...(await reader.read()));
        segments.close();
        const whole = lines.map(([text]) => text.trimEnd()).filter((text) => text !== '');
        expect(read.map(({ text }) => text)).toEqual(whole);
        // Each offset is the end of its line: a later attempt that skips up to it misses none and repeats none.
        const offsets = read.map(({ offset }) => offset);
        expect(offsets).toEqual(offsets.toSorted((a, b) => a - b));
        expect(new Set(offsets).size).toBe(offsets.length);
      },
    ),
    { numRuns: 200 },
  );
});

test('small segments give the same lines, and later attempts continue after any line', async () => {
  await fc.assert(
    fc.asyncProperty(output, fc.nat(), async (lines, died) => {
      const own = mkdtempSync(join(folder, 'run-'));
      const bytes = Buffer.from(lines.flat().join(''));
      const segments = createSegments(own, Math.max(16, 2 * bytes.length));
      segments.append(bytes);
      segments.close();
      const first = await createOutputReader(own).read();
      const told = first[died % Math.max(1, first.length)]?.offset ?? 0;
      const second = await createOutputReader(own).read();
      const whole = first.map(({ text }) => text);
      const before = first.filter(({ offset }) => offset <= told).map(({ text }) => text);
      const after = second.filter(({ offset }) => offset > told).map(({ text }) => text);
      expect([...before, ...after]).toEqual(whole);
      expect(whole).toEqual(lines.map(([text]) => text.trimEnd()).filter((text) => text !== ''));
    }),
    { numRuns: 200 },
  );
});

test('the beginning and the end of a too large output are kept in bounded space, and the gap is named', async () => {
  const segments = createSegments(folder, 16_000);
  const line = (i: number) => `line ${String(i).padStart(6, '0')}\n`;
  for (let i = 0; i < 20_000; i++) segments.append(Buffer.from(line(i)));
  segments.close();
  const texts = (await createOutputReader(folder).read()).map(({ text }) => text);
  expect(texts[0]).toBe('line 000000');
  expect(texts.at(-1)).toBe('line 019999');
  const gaps = texts.filter((text) => text.startsWith('…'));
  expect(gaps).toEqual([expect.stringMatching(/^… \d+ bytes left out …$/)]);
  expect(listSegments(folder).length).toBeLessThanOrEqual(16);
  const kept = texts.filter((text) => text.startsWith('line'));
  expect(kept).toEqual([...kept].sort());
  expect(kept.length * line(0).length).toBeLessThanOrEqual(16_000);
});

test('a full disk fails the write, and the output before it counts', () => {
  const full = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
  let room = 10;
  const segments = createSegments(folder, 16_000, (_file, bytes) => {
    if (room === 0) throw full;
    const written = Math.min(room, bytes.length);
    room -= written;
    return written;
  });
  expect(() => segments.append(Buffer.from('more than there is room for'))).toThrow(full);
  segments.close();
});
