import { expect, test, vi } from 'vitest';
import { readYield } from './tool-yield.ts';

test.each([
  [
    { type: 'progress', percent: 5 },
    { type: 'progress', percent: 5, schedule: 'when_idle' },
  ],
  [
    { type: 'progress', percent: 0.5, note: 'a', checkpoint: { at: 3 }, schedule: 'silent' },
    { type: 'progress', percent: 0.5, note: 'a', checkpoint: { at: 3 }, schedule: 'silent' },
  ],
  [
    { type: 'result', data: { a: new Date(0) } },
    { type: 'result', data: { a: '1970-01-01T00:00:00.000Z' }, schedule: 'when_idle' },
  ],
  [
    { type: 'result', data: undefined },
    { type: 'result', data: null, schedule: 'when_idle' },
  ],
  [
    { type: 'result', data: null, schedule: 'interrupt' },
    { type: 'result', data: null, schedule: 'interrupt' },
  ],
])('%j is read', (yielded, step) => {
  expect(readYield(yielded, 1_000)).toEqual(step);
});

test.each([
  [100.00000000000001, 100],
  [105, 100],
  [Infinity, 100],
  [-1, 0],
  [Number.NaN, 40],
  ['50', 40],
  [undefined, 40],
  [null, 40],
])('a percentage of %o is shown as %i, and its note and checkpoint are kept', (percent, shown) => {
  const warnings: string[] = [];
  const warn = (message: string) => void warnings.push(message);
  const yielded = { type: 'progress', percent, note: 'so far', checkpoint: 3 };
  const step = readYield(yielded, 1_000, { last: 40, warn });
  expect(step).toEqual({ ...yielded, percent: shown, schedule: 'when_idle' });
  expect(warnings).toEqual([expect.stringMatching(`: ${shown} is shown`)]);
});

const nested = (depth: number): unknown => JSON.parse('['.repeat(depth) + ']'.repeat(depth));

test('a yielded value may be as deeply nested as any other value', () => {
  const step = { type: 'result', data: nested(100), checkpoint: nested(100), schedule: 'silent' };
  expect(readYield(step, 1_000)).toEqual(step);
});

test.each([
  [undefined, 'InvalidYield', /neither progress nor a result/],
  [null, 'InvalidYield', /neither progress nor a result/],
  ['50%', 'InvalidYield', /neither progress nor a result/],
  [{}, 'InvalidYield', /type: /],
  [{ type: 'done' }, 'InvalidYield', /type: /],
  [{ type: 'result' }, 'InvalidYield', /data: /],
  [{ type: 'result', data: 1, schedule: 'now' }, 'InvalidYield', /schedule: /],
  [{ type: 'result', data: 1n }, 'InvalidResult', /A result is not valid JSON: it is a bigint/],
  [
    { type: 'result', data: 1, checkpoint: () => 1 },
    'InvalidResult',
    /Its checkpoint is not valid JSON/,
  ],
  [{ type: 'result', data: nested(101) }, 'InvalidResult', /A result is nested deeper than 100/],
  [
    { type: 'progress', percent: 1, checkpoint: nested(3_800) },
    'InvalidResult',
    /Its checkpoint is nested deeper than 100/,
  ],
  [{ type: 'result', data: 'x'.repeat(2_000) }, 'ResultTooLarge', /A result has 2\d{3} bytes/],
  [
    { type: 'result', data: 1, checkpoint: 'x'.repeat(2_000) },
    'ResultTooLarge',
    /Its checkpoint has/,
  ],
])('%o is refused as %s', (yielded, type, message) => {
  const read = () => readYield(yielded, 1_000);
  expect(read).toThrow(message);
  expect(read).toThrow(expect.objectContaining({ type }));
});

test('a checkpoint must be small however large a result may be, since Temporal carries it', () => {
  const large = { type: 'result', data: 'x'.repeat(100_000) };
  expect(readYield(large, 1_000_000)).toMatchObject(large);
  expect(() =>
    readYield({ type: 'result', data: 1, checkpoint: 'x'.repeat(64_000) }, 1_000_000),
  ).toThrow(/^Its checkpoint has 64\d{3} bytes; at most 64000 are allowed/);
});

test('a note of megabytes is shortened, with a warning', () => {
  const warn = vi.fn<(message: string) => void>();
  const step = readYield({ type: 'progress', percent: 1, note: 'x'.repeat(3_000_000) }, 1_000, {
    warn,
  });
  expect(step).toMatchObject({ note: expect.stringMatching(/^x{4000} …$/) });
  expect(warn).toHaveBeenCalledExactlyOnceWith(expect.stringContaining('3000000 characters'));
});

test.each([
  ['half', 'half'],
  [null, undefined],
  ['', ''],
  [7, '7'],
  [{ files: 3 }, '{ files: 3 }'],
])('a note %o is shown as %o', (note, shown) => {
  expect(readYield({ type: 'progress', percent: 1, note }, 1_000)).toEqual({
    type: 'progress',
    percent: 1,
    schedule: 'when_idle',
    ...(shown !== undefined && { note: shown }),
  });
});

test.each(['now', 5, null])('progress with the schedule %o is told when idle', (schedule) => {
  const warn = vi.fn<(message: string) => void>();
  const step = readYield({ type: 'progress', percent: 1, schedule }, 1_000, { warn });
  expect(step).toEqual({ type: 'progress', percent: 1, schedule: 'when_idle' });
  expect(warn).toHaveBeenCalledExactlyOnceWith(expect.stringContaining('unknown schedule'));
});

test('a note that throws when read is left out', () => {
  const note = {
    get message() {
      throw new Error('in the getter');
    },
  };
  const step = readYield({ type: 'progress', percent: 1, note }, 1_000);
  expect(step).toEqual({ type: 'progress', percent: 1, schedule: 'when_idle' });
});
