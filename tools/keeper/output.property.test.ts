/** What a program writes, on its way through the spool: whatever it is and however it comes, a reader gets each line once. */
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

/** Lines with text beside ASCII, ended in every way there is. */
const output = fc.array(
  fc.tuple(
    fc
      .oneof(fc.string(), fc.string({ unit: 'grapheme' }))
      .map((text) => text.replaceAll(/\p{C}/gu, '.')),
    fc.constantFrom('\n', '\r', '\r\n', '\n\n'),
  ),
  { maxLength: 30 },
);

test('read while it is being written, in any pieces, it is the lines of the whole', async () => {
  await fc.assert(
    fc.asyncProperty(
      output,
      fc.array(fc.nat(40), { minLength: 1 }),
      fc.nat(),
      async (lines, cuts, maxBytes) => {
        const own = mkdtempSync(join(folder, 'run-'));
        const bytes = Buffer.from(lines.flat().join(''));
        // Large enough to keep all of it, in segments of different sizes.
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

test('in small segments it is the same, and later attempts go on after any line', async () => {
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

test('of too much the beginning and the end are kept, in bounded space, and the gap is named', async () => {
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

test('a full disk is the error of the write; what was written before it counts', () => {
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
